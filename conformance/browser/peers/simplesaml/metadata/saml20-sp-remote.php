<?php
// The services, by their entity ids.
$metadata = json_decode(file_get_contents(getenv('PEER_DATA') . '/services.json'), true);
