package function

import (
	"encoding/binary"
	"syscall"
	"unsafe"
)

// Of <sys/proc_info.h>.
const (
	sysProcInfo    = 336
	listPIDs       = 1
	ofGroup        = 2
	processInfo    = 2
	taskInfo       = 4
	taskInfoSize   = 96
	residentOffset = 8 // of pti_resident_size
)

// residentBytes is the resident memory of a process and those in its group. Pages that they share count for each.
func residentBytes(pid int) int64 {
	var pids [256]uint32
	n, _, failed := syscall.Syscall6(sysProcInfo, listPIDs, ofGroup, uintptr(pid), 0, uintptr(unsafe.Pointer(&pids)), unsafe.Sizeof(pids))
	if failed != 0 {
		return 0
	}
	var sum int64
	for _, member := range pids[:min(int(n)/4, len(pids))] {
		var info [taskInfoSize]byte
		n, _, failed := syscall.Syscall6(sysProcInfo, processInfo, uintptr(member), taskInfo, 0, uintptr(unsafe.Pointer(&info)), taskInfoSize)
		if failed == 0 && n == taskInfoSize {
			sum += int64(binary.LittleEndian.Uint64(info[residentOffset:]))
		}
	}
	return sum
}
