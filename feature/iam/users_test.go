package iam_test

import (
	"regexp"
	"testing"

	"cardea/server/servertest"
)

func TestUserIsCreatedRenamedAndDeleted(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, w *servertest.World) {
		w.Fails(t, "GetUser", M{"UserName": "Ann"}, "NoSuchEntity", "The user with name Ann cannot be found.")
		out := w.Must(t, "CreateUser", M{"UserName": "Ann", "Tags": tags("team", "", "Env", "x")})
		id := text(out, "User.UserId")
		if !regexp.MustCompile(`^AIDA[A-Z2-7]{16}$`).MatchString(id) {
			t.Errorf("id %q", id)
		}
		want := M{
			"UserName": "Ann", "UserId": id, "Path": "/", "Arn": account + "user/Ann", "CreateDate": created,
			"Tags": read("Env", "x", "team", ""),
		}
		equal(t, "created", M{"User": want}, out)
		equal(t, "got", M{"User": want}, w.Must(t, "GetUser", M{"UserName": "ann"}))
		w.Fails(t, "CreateUser", M{"UserName": "ANN", "Path": "/x/"}, "EntityAlreadyExists", "User with name ANN already exists.")

		w.Must(t, "CreateUser", M{"UserName": "bob", "Path": "/staff/"})
		w.Fails(t, "UpdateUser", M{"UserName": "bob", "NewUserName": "ann"}, "EntityAlreadyExists", "User with name ann already exists.")
		w.Fails(t, "UpdateUser", M{"UserName": "eve", "NewUserName": "x"}, "NoSuchEntity", "The user with name eve cannot be found.")
		w.Must(t, "UpdateUser", M{"UserName": "Ann", "NewUserName": "Anna"})
		w.Must(t, "UpdateUser", M{"UserName": "Anna", "NewPath": "/staff/it/"})
		want = with(want, M{"UserName": "Anna", "Path": "/staff/it/", "Arn": account + "user/staff/it/Anna"})
		equal(t, "renamed", M{"User": want}, w.Must(t, "GetUser", M{"UserName": "Anna"}))
		w.Fails(t, "GetUser", M{"UserName": "Ann"}, "NoSuchEntity", "")

		listed := with(want, M{"Tags": nil})
		equal(t, "listed", M{"IsTruncated": "false", "Users": []any{listed}}, w.Must(t, "ListUsers", M{"PathPrefix": "/staff/it"}))

		w.Must(t, "DeleteUser", M{"UserName": "Anna"})
		w.Fails(t, "DeleteUser", M{"UserName": "Anna"}, "NoSuchEntity", "The user with name Anna cannot be found.")
	})
}

func TestUsersAreListedByNameAndPath(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, w *servertest.World) {
		equal(t, "nobody", M{"IsTruncated": "false", "Users": ""}, w.Must(t, "ListUsers", nil))
		for name, path := range map[string]string{"c": "/a/", "A": "/", "d": "/a/b/", "b": "/b/", "e": "/a/"} {
			w.Must(t, "CreateUser", M{"UserName": name, "Path": path})
		}
		equal(t, "all", []string{"A", "b", "c", "d", "e"}, pages(t, w, "ListUsers", nil, "Users", "UserName"))
		equal(t, "under a path", []string{"c", "d", "e"}, pages(t, w, "ListUsers", M{"PathPrefix": "/a/"}, "Users", "UserName"))

		marker := text(w.Must(t, "ListUsers", M{"MaxItems": 1}), "Marker")
		for _, in := range []M{{"Marker": "x"}, {"Marker": marker, "PathPrefix": "/a/"}} {
			w.Fails(t, "ListUsers", in, "ValidationError", "Invalid Marker.")
		}
		w.Fails(t, "ListGroups", M{"Marker": marker}, "ValidationError", "Invalid Marker.")
	})
}

func TestNamesAndPathsHaveAForm(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, w *servertest.World) {
		for _, in := range []M{
			{"UserName": ""}, {"UserName": "a b"}, {"UserName": "a/b"}, {"UserName": numbered("%065d", 1)[0]},
			{"UserName": "a", "Path": "x"}, {"UserName": "a", "Path": "/x"}, {"UserName": "a", "Path": "x/"},
		} {
			w.Fails(t, "CreateUser", in, "ValidationError", "")
		}
		w.Must(t, "CreateUser", M{"UserName": "a+b=c,d.e@f-g_h", "Path": "/x/y!z/"})
	})
}

// A user is deleted only when nothing is left that would be theirs if another had the same name.
func TestUserIsKeptByWhatIsLeft(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, w *servertest.World) {
		ann := M{"UserName": "ann"}
		w.Must(t, "CreateUser", ann)
		w.Must(t, "CreateGroup", M{"GroupName": "g"})
		w.Must(t, "AddUserToGroup", M{"GroupName": "g", "UserName": "ann"})
		key := text(w.Must(t, "CreateAccessKey", ann), "AccessKey.AccessKeyId")

		w.Fails(t, "DeleteUser", ann, "DeleteConflict", "Cannot delete entity, must delete access keys first.")
		w.Must(t, "DeleteAccessKey", M{"UserName": "ann", "AccessKeyId": key})
		w.Fails(t, "DeleteUser", ann, "DeleteConflict", "Cannot delete entity, must remove users from group first.")
		w.Fails(t, "DeleteGroup", M{"GroupName": "g"}, "DeleteConflict", "Cannot delete entity, must remove users from group first.")
		w.Must(t, "RemoveUserFromGroup", M{"GroupName": "g", "UserName": "ann"})
		w.Must(t, "DeleteUser", ann)
		w.Must(t, "DeleteGroup", M{"GroupName": "g"})
	})
}

// A development server does not know who calls: it is the root user.
func TestRootUserIsDescribed(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, w *servertest.World) {
		equal(t, "root", M{"User": M{"UserId": servertest.Account, "Arn": account + "root", "UserName": "", "Path": ""}}, w.Must(t, "GetUser", nil))
	})
}

func TestUsersHaveTags(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, w *servertest.World) {
		ann := M{"UserName": "ann"}
		w.Fails(t, "TagUser", with(ann, M{"Tags": tags("a", "1")}), "NoSuchEntity", "The user with name ann cannot be found.")
		w.Must(t, "CreateUser", ann)
		equal(t, "none", M{"IsTruncated": "false", "Tags": ""}, w.Must(t, "ListUserTags", ann))
		w.Must(t, "TagUser", with(ann, M{"Tags": tags("b", "1", "A", "2", "c", "3")}))
		w.Must(t, "TagUser", with(ann, M{"Tags": tags("B", "")}))
		equal(t, "keys", []string{"A", "B", "c"}, pages(t, w, "ListUserTags", ann, "Tags", "Key"))
		w.Must(t, "UntagUser", with(ann, M{"TagKeys": []string{"a", "none"}}))
		equal(t, "left", read("B", "", "c", "3"), w.Must(t, "ListUserTags", ann)["Tags"].([]any))

		w.Fails(t, "TagUser", with(ann, M{"Tags": tags("x", "1", "X", "2")}), "InvalidInput",
			"Duplicate tag keys found. Please note that Tag keys are case insensitive.")
		w.Fails(t, "CreateUser", M{"UserName": "bob", "Tags": tags("x", "1", "x", "2")}, "InvalidInput", "")
		many := []M{}
		for _, key := range numbered("k%d", 49) {
			many = append(many, M{"Key": key, "Value": "v"})
		}
		w.Fails(t, "TagUser", with(ann, M{"Tags": many}), "LimitExceeded", "The number of tags has reached the maximum limit.")
		w.Fails(t, "ListUserTags", M{"UserName": "bob"}, "NoSuchEntity", "")
		w.Fails(t, "UntagUser", M{"UserName": "bob", "TagKeys": []string{"x"}}, "NoSuchEntity", "")
	})
}
