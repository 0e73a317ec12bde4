package holdfast

import (
	"math"
	"sync/atomic"
	"time"
)

// core is a handle and who may still use it. Each call is a user from enter to leave; closing lets nobody else in, wakes the watcher, and the last one
// out frees the handle. So a close beside calls of other goroutines, or of a finalizer, takes nothing from under them.
type core struct {
	users  atomic.Int64 // closedMark is added when it is closed
	handle handle
	news   news

	// One call to the agent at a time. The library would have them wait for each other too, but each in a thread of its own.
	turn    chan struct{}
	timeout time.Duration
}

const closedMark = math.MinInt64

func (c *core) enter() bool {
	for {
		now := c.users.Load()
		if now < 0 {
			return false
		}
		if c.users.CompareAndSwap(now, now+1) {
			return true
		}
	}
}

func (c *core) leave() {
	if c.users.Add(-1) == closedMark {
		nativeClose(c.handle)
		c.news.free()
	}
}

func (c *core) isClosed() bool { return c.users.Load() < 0 }

// close is nothing the second time.
func (c *core) close() {
	for {
		now := c.users.Load()
		if now < 0 {
			return
		}
		if c.users.CompareAndSwap(now, now+1+closedMark) { // as a user, so that there is something to wake
			break
		}
	}
	c.news.wake()
	c.leave()
}
