package authorization

import "strings"

// Objects are the ARNs under which policies are asked for an object of S3: its own and, where its key has empty segments, the one
// without them. Servers that keep objects in files find the same file by both.
func Objects(resource string) []string {
	bucket, key, found := strings.Cut(resource, "/")
	if !found || !strings.Contains(bucket, ":s3:::") || !strings.HasPrefix(key, "/") && !strings.Contains(key, "//") {
		return []string{resource}
	}
	var b strings.Builder
	b.WriteString(bucket)
	for segment := range strings.SplitSeq(key, "/") {
		if segment != "" {
			b.WriteString("/" + segment)
		}
	}
	if strings.HasSuffix(key, "/") {
		b.WriteByte('/')
	}
	return []string{resource, b.String()}
}
