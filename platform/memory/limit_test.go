package memory_test

import (
	"testing"
	"testing/fstest"

	"cardea/platform/memory"
)

func TestTheLeastLimitOfTheGroupsHolds(t *testing.T) {
	t.Parallel()
	const mib = 1 << 20
	for name, c := range map[string]struct {
		files map[string]string
		want  int64 // 0: none
	}{
		"another system":  {nil, 0},
		"none":            {map[string]string{"proc/self/cgroup": "0::/\n"}, 0},
		"a container":     {map[string]string{"proc/self/cgroup": "0::/\n", "sys/fs/cgroup/memory.max": "536870912\n"}, 512 * mib},
		"unlimited":       {map[string]string{"proc/self/cgroup": "0::/a\n", "sys/fs/cgroup/a/memory.max": "max\n"}, 0},
		"a service":       {map[string]string{"proc/self/cgroup": "0::/system.slice/c.service\n", "sys/fs/cgroup/system.slice/c.service/memory.max": "268435456\n"}, 256 * mib},
		"a slice's":       {map[string]string{"proc/self/cgroup": "0::/s/c\n", "sys/fs/cgroup/s/c/memory.max": "268435456\n", "sys/fs/cgroup/s/memory.max": "134217728\n"}, 128 * mib},
		"a wider slice's": {map[string]string{"proc/self/cgroup": "0::/s/c\n", "sys/fs/cgroup/s/c/memory.max": "134217728\n", "sys/fs/cgroup/s/memory.max": "268435456\n"}, 128 * mib},
		"outside":         {map[string]string{"proc/self/cgroup": "0::/../../x\n", "sys/fs/cgroup/memory.max": "134217728\n"}, 128 * mib},
		"version 1":       {map[string]string{"proc/self/cgroup": "4:memory:/a\n", "sys/fs/cgroup/a/memory.max": "134217728\n"}, 0},
		"both versions":   {map[string]string{"proc/self/cgroup": "4:cpu:/a\n0::/b\n", "sys/fs/cgroup/b/memory.max": "134217728\n"}, 128 * mib},
		"not a number":    {map[string]string{"proc/self/cgroup": "0::/\n", "sys/fs/cgroup/memory.max": "much\n"}, 0},
		"a limit of zero": {map[string]string{"proc/self/cgroup": "0::/\n", "sys/fs/cgroup/memory.max": "0\n"}, 0},
	} {
		files := fstest.MapFS{}
		for path, text := range c.files {
			files[path] = &fstest.MapFile{Data: []byte(text)}
		}
		if got, ok := memory.Limit(files); got != c.want && ok || ok != (c.want != 0) {
			t.Errorf("%s: got %d %t, want %d", name, got, ok, c.want)
		}
	}
}
