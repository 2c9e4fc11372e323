package main

import (
	"bytes"
	"strings"
	"testing"
)

func TestAConfigurationThatCannotBeReadIsTheOnlyProblem(t *testing.T) {
	t.Parallel()
	dir := t.TempDir() // no file, so that reading it fails for every user
	var out bytes.Buffer
	err := configCheckCommand{configFlag: configFlag{Config: dir}}.Run(terminal{ctx: t.Context(), stdout: &out, stderr: &out})
	if err == nil || !strings.Contains(err.Error(), "read configuration: ") || !strings.Contains(err.Error(), dir) {
		t.Errorf("got %v", err)
	}
	if out.Len() > 0 {
		t.Errorf("settings that nobody has read are judged:\n%s", out.String())
	}
}
