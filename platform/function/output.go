package function

import (
	"bufio"
	"errors"
	"io"
	"strings"
	"sync"
	"time"
	"unicode"
	"unicode/utf8"
)

// Bounds of output.
const (
	maxLine  = 8 << 10
	maxLines = 1000 // a second, of all processes of a function
)

// drain reads the child's output to its end, always: a full pipe would stop the child.
func (c *child) drain(output io.Reader) {
	r := bufio.NewReaderSize(output, maxLine)
	for {
		line, err := r.ReadSlice('\n')
		if len(line) > 0 {
			c.print(line)
		}
		for errors.Is(err, bufio.ErrBufferFull) { // the rest of a long line
			_, err = r.ReadSlice('\n')
		}
		if err != nil {
			return
		}
	}
}

// print passes one line on, if there have not been too many.
func (c *child) print(line []byte) {
	f := c.function
	if !f.printed.allow(time.Now()) || f.cfg.Output == nil {
		return
	}
	id := ""
	if current := c.requestID.Load(); current != nil {
		id = *current
	}
	f.cfg.Output(Line{Function: f.cfg.Name, RequestID: id, Text: printable(strings.TrimRight(string(line), "\r\n"))})
}

// reportDropped logs how many lines were not passed on.
func (f *Function) reportDropped() {
	if n := f.printed.takeDropped(); n > 0 {
		f.cfg.Log.Warn("output of function dropped", "function", f.cfg.Name, "lines", n)
	}
}

// printable escapes what could change the looks or the lines of a log.
func printable(text string) string {
	plain := func(r rune) bool { return r == '\t' || unicode.IsPrint(r) || r == '\u00a0' }
	if utf8.ValidString(text) && strings.IndexFunc(text, func(r rune) bool { return !plain(r) }) < 0 {
		return text
	}
	var b strings.Builder
	for len(text) > 0 {
		r, size := utf8.DecodeRuneInString(text)
		switch {
		case r == utf8.RuneError && size == 1:
			b.WriteString(escape(`\x`, uint32(text[0]), 2))
		case plain(r):
			b.WriteRune(r)
		case r < 0x10000:
			b.WriteString(escape(`\u`, uint32(r), 4))
		default:
			b.WriteString(escape(`\U`, uint32(r), 8))
		}
		text = text[size:]
	}
	return b.String()
}

func escape(prefix string, v uint32, digits int) string {
	const alphabet = "0123456789abcdef"
	b := []byte(prefix)
	for shift := 4 * (digits - 1); shift >= 0; shift -= 4 {
		b = append(b, alphabet[v>>shift&15])
	}
	return string(b)
}

// limiter lets maxLines through in every second.
type limiter struct {
	mu      sync.Mutex
	second  time.Time
	lines   int
	dropped int
}

// allow reports whether one more line may pass.
func (l *limiter) allow(now time.Time) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	if now.Sub(l.second) >= time.Second {
		l.second, l.lines = now, 0
	}
	l.lines++
	if l.lines > maxLines {
		l.dropped++
		return false
	}
	return true
}

// takeDropped returns how many lines did not pass since it was last called.
func (l *limiter) takeDropped() int {
	l.mu.Lock()
	defer l.mu.Unlock()
	n := l.dropped
	l.dropped = 0
	return n
}
