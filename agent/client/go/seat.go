package holdfast

import (
	"context"
	"errors"
	"runtime"
	"sync"
)

// Seat is what Acquire took, until it is closed. One that is forgotten is given back when the garbage collector finds it; the process's end, and Client.Close, give back all.
type Seat struct {
	client *Client
	limit  string
	amount int64
	mutex  sync.Mutex
	given  bool // back
}

func newSeat(client *Client, limit string, amount int64) *Seat {
	seat := &Seat{client: client, limit: limit, amount: amount}
	// Not in the finalizers' goroutine, which is everybody's: the agent is asked.
	runtime.SetFinalizer(seat, func(forgotten *Seat) { go forgotten.Close() })
	return seat
}

// Close gives back; again is nothing. When the agent cannot be reached the seat is still held, and may be closed again later.
func (s *Seat) Close() error {
	s.mutex.Lock()
	defer s.mutex.Unlock()
	if s.given {
		return nil
	}
	_, err := s.client.ask(context.Background(), s.limit, func(h handle) answer { return nativeRelease(h, s.limit, s.amount) }, nil)
	if err != nil && !errors.Is(err, ErrClosed) { // a closed client has given it back
		return err
	}
	s.given = true
	runtime.SetFinalizer(s, nil)
	return nil
}
