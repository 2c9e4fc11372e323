package iam_test

import (
	"regexp"
	"testing"

	"cardea/server/servertest"
)

func TestGroupIsCreatedRenamedAndDeleted(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, w *servertest.World) {
		which := M{"GroupName": "Admins"}
		w.Fails(t, "GetGroup", which, "NoSuchEntity", "The group with name Admins cannot be found.")
		out := w.Must(t, "CreateGroup", with(which, M{"Path": "/it/"}))
		id := text(out, "Group.GroupId")
		if !regexp.MustCompile(`^AGPA[A-Z2-7]{16}$`).MatchString(id) {
			t.Errorf("id %q", id)
		}
		want := M{"GroupName": "Admins", "GroupId": id, "Path": "/it/", "Arn": account + "group/it/Admins", "CreateDate": created}
		equal(t, "created", M{"Group": want}, out)
		equal(t, "got", M{"Group": want, "Users": "", "IsTruncated": "false"}, w.Must(t, "GetGroup", which))
		w.Fails(t, "CreateGroup", M{"GroupName": "admins"}, "EntityAlreadyExists", "Group with name admins already exists.")

		w.Must(t, "CreateGroup", M{"GroupName": "b"})
		w.Must(t, "CreateGroup", M{"GroupName": "c", "Path": "/it/"})
		w.Fails(t, "UpdateGroup", M{"GroupName": "b", "NewGroupName": "ADMINS"}, "EntityAlreadyExists", "Group with name ADMINS already exists.")
		w.Must(t, "UpdateGroup", with(which, M{"NewGroupName": "Rulers", "NewPath": "/"}))
		want = with(want, M{"GroupName": "Rulers", "Path": "/", "Arn": account + "group/Rulers"})
		equal(t, "renamed", want, w.Must(t, "GetGroup", M{"GroupName": "Rulers"})["Group"].(M))
		equal(t, "all", []string{"b", "c", "Rulers"}, pages(t, w, "ListGroups", nil, "Groups", "GroupName"))
		equal(t, "under a path", []string{"c"}, pages(t, w, "ListGroups", M{"PathPrefix": "/it/"}, "Groups", "GroupName"))

		w.Must(t, "DeleteGroup", M{"GroupName": "Rulers"})
		for _, operation := range []string{"DeleteGroup", "GetGroup", "UpdateGroup"} {
			w.Fails(t, operation, M{"GroupName": "Rulers"}, "NoSuchEntity", "The group with name Rulers cannot be found.")
		}
	})
}

func TestMembershipIsSeenFromBothSides(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, w *servertest.World) {
		for _, name := range []string{"u1", "U2", "u3"} {
			w.Must(t, "CreateUser", M{"UserName": name, "Tags": tags("a", "b")})
		}
		for _, name := range []string{"g1", "G2", "g3"} {
			w.Must(t, "CreateGroup", M{"GroupName": name})
			w.Must(t, "AddUserToGroup", M{"GroupName": name, "UserName": "U2"})
		}
		for _, name := range []string{"u1", "u3", "u3"} {
			w.Must(t, "AddUserToGroup", M{"GroupName": "G2", "UserName": name})
		}
		equal(t, "members", []string{"u1", "U2", "u3"}, pages(t, w, "GetGroup", M{"GroupName": "G2"}, "Users", "UserName"))
		equal(t, "groups", []string{"g1", "G2", "g3"}, pages(t, w, "ListGroupsForUser", M{"UserName": "u2"}, "Groups", "GroupName"))
		if first := w.Must(t, "GetGroup", M{"GroupName": "G2"})["Users"].([]any)[0].(M); len(first) != 5 {
			t.Errorf("a member is shown as %v", first)
		}

		w.Must(t, "UpdateUser", M{"UserName": "U2", "NewUserName": "renamed"})
		w.Must(t, "UpdateGroup", M{"GroupName": "G2", "NewGroupName": "other"})
		w.Must(t, "RemoveUserFromGroup", M{"GroupName": "g1", "UserName": "renamed"})
		w.Must(t, "RemoveUserFromGroup", M{"GroupName": "g1", "UserName": "renamed"})
		equal(t, "groups", []string{"g3", "other"}, pages(t, w, "ListGroupsForUser", M{"UserName": "renamed"}, "Groups", "GroupName"))

		for _, operation := range []string{"AddUserToGroup", "RemoveUserFromGroup"} {
			w.Fails(t, operation, M{"GroupName": "none", "UserName": "nobody"}, "NoSuchEntity", "The user with name nobody cannot be found.")
			w.Fails(t, operation, M{"GroupName": "none", "UserName": "u1"}, "NoSuchEntity", "The group with name none cannot be found.")
		}
		w.Fails(t, "ListGroupsForUser", M{"UserName": "nobody"}, "NoSuchEntity", "The user with name nobody cannot be found.")
	})
}

func TestUserIsInTenGroups(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, w *servertest.World) {
		w.Must(t, "CreateUser", M{"UserName": "u"})
		for i, name := range numbered("g%d", 11) {
			w.Must(t, "CreateGroup", M{"GroupName": name})
			in := M{"GroupName": name, "UserName": "u"}
			if i == 10 {
				w.Fails(t, "AddUserToGroup", in, "LimitExceeded", "Cannot exceed quota for GroupsPerUser: 10")
				continue
			}
			w.Must(t, "AddUserToGroup", in)
		}
		w.Must(t, "AddUserToGroup", M{"GroupName": "g0", "UserName": "u"})
	})
}
