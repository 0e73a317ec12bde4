package holdfast

import (
	"context"
	"runtime"
	"time"
)

// Limit is how much of a limit there is.
type Limit struct {
	Max  int64 // that the license includes
	Used int64 // by all processes of the host; of a meter, in this period. -1: not known yet
	Held int64 // by this client; 0 of a meter
}

const all = 1<<63 - 1 // HOLDFAST_ALL

// Acquire takes units of seats or a gauge, all or none, until the Seat is closed. A denial is a *DeniedError.
//
// Of this and the other methods with a context: the agent is asked, one question of a client after the other. It takes the client's Timeout
// at most until the question's turn comes, and as long again until the answer is there. When the context is done before
// that turn, nothing was asked. A question that is on its way cannot be called back: the method returns at once, with ctx.Err(), and the answer is
// awaited behind it. A seat that it brings is given back, a key is overwritten; units that it used up are used up, and a gauge is set.
func (c *Client) Acquire(ctx context.Context, limit string, amount int64) (*Seat, error) {
	_, err := c.ask(ctx, limit, func(h handle) answer { return nativeAcquire(h, limit, amount) },
		func(h handle) { nativeRelease(h, limit, amount) })
	if err != nil {
		return nil, err
	}
	return newSeat(c, limit, amount), nil
}

// Set makes what this client holds of a gauge exactly amount, which may be 0. Not for what is held by a Seat.
func (c *Client) Set(ctx context.Context, gauge string, amount int64) (Verdict, error) {
	return c.ask(ctx, gauge, func(h handle) answer { return nativeSet(h, gauge, amount) }, nil)
}

// Consume uses up units of a meter, all or none; they do not come back. Call it before the work that they pay for. After ErrTimeout, ErrNoAgent and a context that
// was done it is not known whether they were used.
func (c *Client) Consume(ctx context.Context, meter string, amount int64) (Verdict, error) {
	return c.ask(ctx, meter, func(h handle) answer { return nativeConsume(h, meter, amount) }, nil)
}

// Release gives back all that this client holds of a limit, whichever seats that was for.
func (c *Client) Release(ctx context.Context, limit string) error {
	_, err := c.ask(ctx, limit, func(h handle) answer { return nativeRelease(h, limit, all) }, nil)
	return err
}

// Limit says how much there is. Where what applies now has no such limit it is a *DeniedError, ReasonUnknownLimit.
func (c *Client) Limit(ctx context.Context, limit string) (Limit, error) {
	found := make(chan Limit, 1)
	_, err := c.ask(ctx, limit, func(h handle) answer {
		figures, a := nativeLimit(h, limit)
		found <- figures
		return a
	}, nil)
	if err != nil {
		return Limit{}, err
	}
	return <-found, nil
}

// Key is a content key, 32 octets from the TPM, milliseconds to a second: ask once, and overwrite it after use. A denial is a *DeniedError.
func (c *Client) Key(ctx context.Context, name string) ([]byte, error) {
	key := make([]byte, 32)
	_, err := c.ask(ctx, name, func(h handle) answer { return nativeKey(h, name, key) }, func(handle) {
		for i := range key {
			key[i] = 0
		}
	})
	if err != nil {
		return nil, err
	}
	return key, nil
}

// ask makes a call that may wait for the agent. undo is for what was granted to a caller who is gone.
func (c *Client) ask(ctx context.Context, what string, call func(h handle) answer, undo func(h handle)) (Verdict, error) {
	core := c.core
	if err := checkName(what); err != nil {
		return refused(what, err)
	}
	if err := core.takeTurn(ctx); err != nil {
		return refused(what, err)
	}
	if !core.enter() {
		core.endTurn()
		return refused(what, closed())
	}
	defer runtime.KeepAlive(c)
	answers := make(chan answer) // not buffered: who sends knows whether it was taken
	gone := make(chan struct{})  // the caller is
	go func() {
		defer core.endTurn()
		defer core.leave()
		a := call(core.handle)
		select {
		case answers <- a:
		case <-gone:
			if a.code == 0 && undo != nil {
				undo(core.handle)
			}
		}
	}()
	select {
	case a := <-answers:
		verdict := verdictOf(what, a)
		return verdict, verdict.Err()
	case <-ctx.Done():
		close(gone)
		return refused(what, ctx.Err())
	}
}

func refused(what string, err error) (Verdict, error) {
	return Verdict{what: what, err: err}, err
}

// takeTurn waits until no other call asks, for the timeout at most.
func (c *core) takeTurn(ctx context.Context) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	timer := time.NewTimer(c.timeout)
	defer timer.Stop()
	select {
	case c.turn <- struct{}{}:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	case <-timer.C:
		return &Error{ErrTimeout, "agent.timeout", "other calls of this client have waited for the agent all the time", "try again, or open the client with a longer timeout"}
	}
}

func (c *core) endTurn() { <-c.turn }
