#!/usr/bin/env bash
# The endpoints of a domain by curl, as guides and shell scripts use them: no library makes up for anything. It needs the AWS CLI and
# python3, and the server's address in CONFORMANCE_ENDPOINT.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
export AWS_ENDPOINT_URL=$CONFORMANCE_ENDPOINT
callback=https://app.example.com/callback

fail() { echo "curl: $*" >&2; exit 1; }
idp() { aws cognito-idp --output text "$@"; }
member() { python3 -c 'import json, sys; print(json.load(sys.stdin)[sys.argv[1]])' "$1"; }

pool=$(idp create-user-pool --pool-name curl --query UserPool.Id)
prefix=curl-$RANDOM$RANDOM
idp create-user-pool-domain --user-pool-id "$pool" --domain "$prefix" >/dev/null
idp create-resource-server --user-pool-id "$pool" --identifier api --name api --scopes ScopeName=read,ScopeDescription=read >/dev/null
idp admin-create-user --user-pool-id "$pool" --username curly --message-action SUPPRESS --user-attributes Name=email,Value=curly@example.com >/dev/null
idp admin-set-user-password --user-pool-id "$pool" --username curly --password Correct-Horse-9 --permanent
app() { idp create-user-pool-client --user-pool-id "$pool" --client-name curl --generate-secret --allowed-o-auth-flows-user-pool-client \
  --query 'UserPoolClient.[ClientId,ClientSecret]' "$@"; }
read -r web web_secret < <(app --allowed-o-auth-flows code --allowed-o-auth-scopes openid email --callback-urls "[\"$callback\"]" --supported-identity-providers COGNITO)
read -r machine machine_secret < <(app --allowed-o-auth-flows client_credentials --allowed-o-auth-scopes api/read)

# A machine's token, by HTTP Basic authentication.
domain=$CONFORMANCE_ENDPOINT/_domains/$prefix
made=$(curl -sf -X POST "$domain/oauth2/token" -u "$machine:$machine_secret" -d 'grant_type=client_credentials&scope=api/read')
[ "$(member token_type <<<"$made")" = Bearer ] || fail "client_credentials: $made"

# A user's sign-in: the page, its form, and back with a code.
jar=$work/cookies
query="client_id=$web&response_type=code&scope=openid+email&redirect_uri=$callback&state=from-here"
curl -sfL -c "$jar" -b "$jar" "$domain/oauth2/authorize?$query" -o "$work/page.html" -w '%{url_effective}' >"$work/address"
csrf=$(sed -n 's/.*name="_csrf" value="\([^"]*\)".*/\1/p' "$work/page.html" | head -n 1)
[ -n "$csrf" ] || fail "the page has no form: $(cat "$work/page.html")"
back=$(curl -sf -c "$jar" -b "$jar" "$(cat "$work/address")" --data-urlencode "_csrf=$csrf" -d username=curly --data-urlencode password=Correct-Horse-9 -o /dev/null -w '%{redirect_url}')
[[ $back == "$callback?code="*"&state=from-here" ]] || fail "sent back to $back"
code=${back#*code=}
code=${code%%&*}

tokens=$(curl -sf "$domain/oauth2/token" -u "$web:$web_secret" -d "grant_type=authorization_code&code=$code&redirect_uri=$callback")
info=$(curl -sf "$domain/oauth2/userInfo" -H "Authorization: Bearer $(member access_token <<<"$tokens")")
[ "$(member email <<<"$info")" = curly@example.com ] || fail "userInfo: $info"

# The same by the client's secret in the form: a refresh, a revocation, and what is said after it.
refresh=$(member refresh_token <<<"$tokens")
proof=(-d "client_id=$web" -d "client_secret=$web_secret")
curl -sf "$domain/oauth2/token" "${proof[@]}" -d "grant_type=refresh_token&refresh_token=$refresh" | member access_token >/dev/null
curl -sf "$domain/oauth2/revoke" "${proof[@]}" -d "token=$refresh"
refused=$(curl -s "$domain/oauth2/token" "${proof[@]}" -d "grant_type=refresh_token&refresh_token=$refresh" -w '%{http_code}')
[ "$refused" = '{"error":"invalid_grant"}400' ] || fail "after the revocation: $refused"

# The authorization endpoint passes who is signed in, until they have signed out.
again=$(curl -sf -c "$jar" -b "$jar" "$domain/oauth2/authorize?$query" -o /dev/null -w '%{redirect_url}')
[[ $again == "$callback?code="* ]] || fail "signed in, and sent to $again"
out=$(curl -sf -c "$jar" -b "$jar" "$domain/logout?client_id=$web&response_type=code&redirect_uri=$callback" -o /dev/null -w '%{redirect_url}')
[[ $out == "$domain/login?"* ]] || fail "signed out, and sent to $out"
again=$(curl -sf -c "$jar" -b "$jar" "$domain/oauth2/authorize?$query" -o /dev/null -w '%{redirect_url}')
[[ $again == "$domain/login?"* ]] || fail "signed out, and sent to $again"
echo "curl: all right"
