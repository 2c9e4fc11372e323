<?php
// The provider itself. Its keys are the newest that the tests have made.
$metadata[getenv('PEER_ADDRESS') . '/metadata'] = [
    'host' => '__DEFAULT__',
    'auth' => 'people',
    'privatekey' => 'provider.key',
    'certificate' => 'provider.pem',
    'sign.logout' => true,
    'validate.logout' => true,
    'NameIDFormat' => 'urn:oasis:names:tc:SAML:2.0:nameid-format:persistent',
    'authproc' => [
        3 => [
            'class' => 'saml:AttributeNameID',
            'attribute' => 'uid',
            'Format' => 'urn:oasis:names:tc:SAML:2.0:nameid-format:persistent',
        ],
    ],
];
