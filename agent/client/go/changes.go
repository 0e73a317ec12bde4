package holdfast

import (
	"context"
	"sync"
)

// news is who is told of changes. One goroutine watches for all, from the first Changes until the client is closed: a change is told by the library once.
type news struct {
	mutex     sync.Mutex
	listeners map[chan struct{}]struct{}
	watched   bool
	fd        int           // an eventfd that ends the watching; there when watched
	over      chan struct{} // closed when the watching has ended; there when watched
}

// Changes gives a channel that receives when a check or the status may say something else than before: at most one message waits in it. It is closed when the
// context is done, and when the client is closed. The first call takes a connection to the agent, and a thread, for as long as the client is open.
func (c *Client) Changes(ctx context.Context) (<-chan struct{}, error) {
	var channel chan struct{}
	a := c.with(func(h handle) (a answer) {
		channel, a = c.core.listen(h)
		return a
	})
	if a.err != nil {
		return nil, a.err
	}
	core := c.core
	if ctx.Done() != nil {
		go func() {
			select {
			case <-ctx.Done():
				core.news.drop(channel)
			case <-core.news.over:
			}
		}()
	}
	return channel, nil
}

func (c *core) listen(h handle) (chan struct{}, answer) {
	n := &c.news
	n.mutex.Lock()
	defer n.mutex.Unlock()
	if !n.watched {
		if a := c.beginToWatch(h); a.err != nil {
			return nil, a
		}
	}
	if n.listeners == nil {
		return nil, failed(closed())
	}
	channel := make(chan struct{}, 1)
	n.listeners[channel] = struct{}{}
	return channel, answer{}
}

func (c *core) beginToWatch(h handle) answer {
	a := nativeFD(h)
	if a.err != nil {
		return a
	}
	wake := nativeEventFD()
	if wake < 0 {
		return failed(&Error{ErrSystem, "host.descriptors", "no descriptor can be made to end the watching", "raise the process's limit of open files"})
	}
	if !c.enter() { // the watcher's use
		nativeCloseFD(wake)
		return failed(closed())
	}
	c.news.watched, c.news.fd, c.news.over = true, wake, make(chan struct{})
	c.news.listeners = map[chan struct{}]struct{}{}
	go c.watch(int(a.value))
	return a
}

func (c *core) watch(fd int) {
	defer c.leave()
	defer c.news.end()
	for !c.isClosed() {
		nativePoll(fd, c.news.fd)
		if c.isClosed() {
			return
		}
		a := nativeDrain(c.handle)
		if a.err != nil {
			return
		}
		if a.value != 0 {
			c.news.tell()
		}
	}
}

func (n *news) tell() {
	n.mutex.Lock()
	defer n.mutex.Unlock()
	for listener := range n.listeners {
		select {
		case listener <- struct{}{}:
		default: // one is waiting already
		}
	}
}

func (n *news) drop(listener chan struct{}) {
	n.mutex.Lock()
	defer n.mutex.Unlock()
	if _, there := n.listeners[listener]; there {
		delete(n.listeners, listener)
		close(listener)
	}
}

func (n *news) end() {
	n.mutex.Lock()
	defer n.mutex.Unlock()
	close(n.over)
	for listener := range n.listeners {
		close(listener)
	}
	n.listeners = nil
}

func (n *news) wake() {
	n.mutex.Lock()
	defer n.mutex.Unlock()
	if n.watched {
		nativeWake(n.fd)
	}
}

func (n *news) free() {
	n.mutex.Lock()
	defer n.mutex.Unlock()
	if n.watched {
		nativeCloseFD(n.fd)
		n.watched = false
	}
}
