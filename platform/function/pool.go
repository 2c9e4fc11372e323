package function

import (
	"slices"
	"time"
)

// invocation is a call on its way: in Function.waiting or in one child.
type invocation struct {
	Call
	began    time.Time
	deadline *time.Timer
	ended    chan outcome // room for one
}

type outcome struct {
	reply Reply
	err   error
}

// end gives the invocation its outcome, unless it has one.
func (i *invocation) end(o outcome) {
	select {
	case i.ended <- o:
	default:
	}
}

// enqueue gives the invocation to a process, now or later.
func (f *Function) enqueue(i *invocation) {
	f.mu.Lock()
	defer f.mu.Unlock()
	switch {
	case f.closed:
		i.end(outcome{err: ErrClosed})
		return
	case len(f.children) == 0 && f.pausing():
		i.end(outcome{reply: f.failure.reply(i.ID)})
		return
	case !time.Now().Before(i.Deadline): // no process is to be started, or killed, for it
		i.end(outcome{reply: timeout(i)})
		return
	case len(f.waiting) >= maxQueue:
		i.end(outcome{reply: throttled()})
		return
	}
	i.deadline = time.AfterFunc(time.Until(i.Deadline), func() { f.expire(i) })
	f.waiting = append(f.waiting, i)
	f.dispatch()
	if slices.Contains(f.waiting, i) {
		time.AfterFunc(maxWait, func() { f.giveUp(i) })
	}
}

// dispatch matches invocations with processes, and starts one when more are needed. The mutex is held.
func (f *Function) dispatch() {
	for len(f.waiting) > 0 && len(f.idle) > 0 {
		c := f.idle[len(f.idle)-1]
		f.idle = f.idle[:len(f.idle)-1]
		i := f.waiting[0]
		f.waiting = slices.Delete(f.waiting, 0, 1)
		c.take(i)
	}
	for len(f.waiting) > f.coming() && len(f.children) < f.cfg.Concurrency && !f.pausing() && !f.closed {
		f.start()
	}
}

// coming counts the processes that will soon serve the next waiting invocation, or tell it why they did not start.
func (f *Function) coming() int {
	n := 0
	for c := range f.children {
		returning := c.state == answered && time.Since(c.since) < returnWait
		failing := c.state == ending && !c.began
		if !c.stale && (c.state == starting || failing || returning) {
			n++
		}
	}
	return n
}

func (f *Function) pausing() bool { return time.Now().Before(f.paused) }

// expire ends an invocation whose deadline has passed, with the process that serves it. Also a process that has answered,
// but not returned for the next event, is ended then.
func (f *Function) expire(i *invocation) {
	f.mu.Lock()
	defer f.mu.Unlock()
	i.end(outcome{reply: timeout(i)})
	f.waiting = slices.DeleteFunc(f.waiting, func(other *invocation) bool { return other == i })
	for c := range f.children {
		if c.current == i {
			f.end(c)
		}
	}
}

// giveUp throttles an invocation that has waited its time and for which no process is starting.
func (f *Function) giveUp(i *invocation) {
	f.mu.Lock()
	defer f.mu.Unlock()
	at := slices.Index(f.waiting, i)
	switch {
	case at < 0:
	case at < f.coming():
		time.AfterFunc(maxWait/4, func() { f.giveUp(i) })
	default:
		f.waiting = slices.Delete(f.waiting, at, at+1)
		i.deadline.Stop()
		i.end(outcome{reply: throttled()})
	}
}

// forget removes an invocation that nobody waits for any more from the queue. One that runs is left to its process.
func (f *Function) forget(i *invocation) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if at := slices.Index(f.waiting, i); at >= 0 {
		f.waiting = slices.Delete(f.waiting, at, at+1)
		i.deadline.Stop()
	}
}

// free receives a process that asks for its next event. The mutex is held.
func (f *Function) free(c *child) {
	if c.current != nil {
		c.current.deadline.Stop()
		c.current = nil
	}
	if c.state == starting {
		f.failures, f.paused = 0, time.Time{}
	}
	c.move(idle)
	if c.stale || f.closed {
		f.end(c)
		return
	}
	f.idle = append(f.idle, c)
	f.dispatch()
}

// end kills a process. It stays among the children until it is gone. The mutex is held.
func (f *Function) end(c *child) {
	f.idle = slices.DeleteFunc(f.idle, func(other *child) bool { return other == c })
	if c.state != ending {
		c.move(ending)
		c.kill()
	}
}

// gone removes a process that has ended. why is what to answer to the invocation that it leaves.
func (f *Function) gone(c *child, why failure) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.idle = slices.DeleteFunc(f.idle, func(other *child) bool { return other == c })
	delete(f.children, c)
	if c.current != nil {
		c.current.deadline.Stop()
		c.current.end(outcome{reply: why.reply(c.current.ID)})
		c.current = nil
	}
	if !c.began && !c.stale && !f.closed {
		f.startFailed(why)
	}
	f.dispatch()
}

// startFailed pauses further starts, longer each time, and tells the invocation that waited. The mutex is held.
func (f *Function) startFailed(why failure) {
	f.failure = why
	pause := min(firstPause<<min(f.failures, 16), longestPause)
	f.failures++
	f.paused = time.Now().Add(pause)
	f.cfg.Log.Warn("function did not start", "function", f.cfg.Name, "error", why.message, "pause", pause)
	time.AfterFunc(pause, func() {
		f.mu.Lock()
		defer f.mu.Unlock()
		f.dispatch()
	})

	told := min(1, len(f.waiting))
	if len(f.children) == 0 {
		told = len(f.waiting)
	}
	for _, i := range f.waiting[:told] {
		i.deadline.Stop()
		i.end(outcome{reply: why.reply(i.ID)})
	}
	f.waiting = slices.Delete(f.waiting, 0, told)
}
