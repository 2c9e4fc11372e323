//go:build !linux && !darwin

package function

// residentBytes is not known here. On Windows a job object bounds the memory.
func residentBytes(int) int64 { return 0 }
