// Package servertest runs a whole server for the tests of features, as server.New builds it, on both database engines,
// with a clock that only the test advances, and without sockets.
//
// A test calls operations as a client does, through the wire's JSON and validation, and reads messages in the inbox:
//
//	servertest.Each(t, func(t *testing.T, w *servertest.World) {
//		pool := w.Pool(t, servertest.M{"AutoVerifiedAttributes": []string{"email"}})
//		client := w.Client(t, pool, nil)
//		w.Must(t, "SignUp", servertest.M{"ClientId": client, "Username": "alice", …})
//		w.Fails(t, "ConfirmSignUp", servertest.M{…}, "CodeMismatchException", "")
//	})
//
// Every fault that the model does not list for its operation, and every internal error, fails the test.
package servertest
