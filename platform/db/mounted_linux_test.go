package db

import (
	"strings"
	"testing"
)

func TestAFileThatIsAMountIsFoundInMountinfo(t *testing.T) {
	t.Parallel()
	const mountinfo = `36 35 0:30 / / rw,relatime - overlay overlay rw,lowerdir=/a
37 36 98:0 /srv/cardea.db /data/cardea.db rw,noatime master:1 - ext4 /dev/vda rw
38 36 98:0 /srv /with\040a\134space rw - ext4 /dev/vda rw
short
`
	for path, want := range map[string]bool{
		"/data/cardea.db": true, `/with a\space`: true, "/data": false, "/srv/cardea.db": false, "/data/cardea.db-wal": false,
	} {
		if got := mountedBy(strings.NewReader(mountinfo), path); got != want {
			t.Errorf("%s: got %v", path, got)
		}
	}
}
