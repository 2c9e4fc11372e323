<?php
// The people, by name and password.
$config = ['people' => ['exampleauth:UserPass'] + json_decode(file_get_contents(getenv('PEER_DATA') . '/people.json'), true)];
