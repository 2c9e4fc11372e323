"""Identity providers as boto3 and the AWS CLI configure them."""

import json

from test_cli import aws
from world import Case, new_app, new_pool

GOOGLE = {"client_id": "id", "client_secret": "secret", "authorize_scopes": "email profile openid"}
OIDC = {
    "client_id": "id",
    "client_secret": "secret",
    "authorize_scopes": "openid",
    "attributes_request_method": "GET",
    "oidc_issuer": "https://op.example.com",
    "authorize_url": "https://op.example.com/auth",
    "token_url": "https://op.example.com/token",
    "attributes_url": "https://op.example.com/me",
    "jwks_uri": "https://op.example.com/keys",
}


class Providers(Case):
    def test_boto3_configures_providers(self):
        pool = new_pool(self.idp)["Id"]
        made = self.idp.create_identity_provider(
            UserPoolId=pool,
            ProviderName="Google",
            ProviderType="Google",
            ProviderDetails=GOOGLE,
            AttributeMapping={"email": "email"},
        )["IdentityProvider"]
        self.assertEqual(made["AttributeMapping"], {"email": "email", "username": "sub"})
        self.assertEqual(made["ProviderDetails"]["token_url"], "https://www.googleapis.com/oauth2/v4/token")
        self.assertEqual(made["IdpIdentifiers"], [])
        with self.refused("DuplicateProviderException", f"Google already exists in user pool {pool}"):
            self.idp.create_identity_provider(UserPoolId=pool, ProviderName="Google", ProviderType="Google", ProviderDetails=GOOGLE)
        with self.refused("InvalidParameterException", "Provider Gmail cannot be of type Google."):
            self.idp.create_identity_provider(UserPoolId=pool, ProviderName="Gmail", ProviderType="Google", ProviderDetails=GOOGLE)

        levels = {"Level1": "low", "Level3": "high"}
        names = [f"Corp{i}" for i in range(4)]
        for name in names:
            self.idp.create_identity_provider(
                UserPoolId=pool,
                ProviderName=name,
                ProviderType="OIDC",
                ProviderDetails=OIDC,
                IdpIdentifiers=[f"{name}.example.com"],
            )
        found = self.idp.get_identity_provider_by_identifier(UserPoolId=pool, IdpIdentifier="Corp2.example.com")
        self.assertEqual(found["IdentityProvider"]["ProviderName"], "Corp2")
        pages = self.idp.get_paginator("list_identity_providers").paginate(UserPoolId=pool, PaginationConfig={"PageSize": 2})
        self.assertEqual([p["ProviderName"] for page in pages for p in page["Providers"]], [*names, "Google"])

        with self.refused("InvalidParameterException", f"The provider Facebook does not exist for User Pool {pool}."):
            new_app(self.idp, pool, SupportedIdentityProviders=["COGNITO", "Facebook"])
        app = new_app(self.idp, pool, SupportedIdentityProviders=["COGNITO", "Google", "Corp0"])
        self.assertEqual(app["SupportedIdentityProviders"], ["COGNITO", "Google", "Corp0"])

        if "AcrMapping" in self.idp.meta.service_model.operation_model("UpdateIdentityProvider").input_shape.members:
            changed = self.idp.update_identity_provider(UserPoolId=pool, ProviderName="Corp0", AcrMapping=levels)
            self.assertEqual(changed["IdentityProvider"]["AcrMapping"], levels)
        self.idp.delete_identity_provider(UserPoolId=pool, ProviderName="Corp0")
        with self.refused("ResourceNotFoundException"):
            self.idp.describe_identity_provider(UserPoolId=pool, ProviderName="Corp0")
        self.idp.delete_user_pool(UserPoolId=pool)

    def test_the_cli_configures_providers(self):
        pool = aws("create-user-pool", "--pool-name", "shell")["UserPool"]["Id"]
        of = ("--user-pool-id", pool, "--provider-name", "Corp")
        aws("create-identity-provider", *of, "--provider-type", "OIDC", "--provider-details", json.dumps(OIDC))
        aws("update-identity-provider", *of, "--attribute-mapping", "email=mail,name=full_name", "--idp-identifiers", "a", "b")
        got = aws("describe-identity-provider", *of)["IdentityProvider"]
        self.assertEqual(got["ProviderDetails"], {**OIDC, "attributes_url_add_attributes": "false"})
        self.assertEqual(got["AttributeMapping"], {"email": "mail", "name": "full_name", "username": "sub"})
        self.assertEqual(got["IdpIdentifiers"], ["a", "b"])
        listed = aws("list-identity-providers", "--user-pool-id", pool, "--page-size", "1")["Providers"]
        self.assertEqual([p["ProviderName"] for p in listed], ["Corp"])
        self.assertTrue(aws("get-signing-certificate", "--user-pool-id", pool)["Certificate"].startswith("MII"))
        aws("delete-identity-provider", *of)
        self.assertIn("ResourceNotFoundException", aws("describe-identity-provider", *of, ok=False))
        aws("delete-user-pool", "--user-pool-id", pool)
