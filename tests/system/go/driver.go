// usage: driver PRODUCT ROOTS-FILE SOCKET [anyway] - what go_binding_test.py has the Go binding do; see binding_scenarios.py for the commands.
package main

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"os"
	"runtime"
	"strconv"
	"strings"
	"sync"
	"time"

	"holdfast.example/holdfast"
)

var background = context.Background()

// said is a result's name, then what belongs to it.
func said(err error, text string) string {
	var denied *holdfast.DeniedError
	var failed *holdfast.Error
	switch {
	case errors.As(err, &denied):
		return "denied " + denied.Reason.String()
	case errors.As(err, &failed):
		return failed.Code.Error() + " " + failed.Check
	case err != nil:
		return "unexpected " + err.Error()
	}
	return "ok " + text
}

type driver struct {
	options holdfast.Options
	client  *holdfast.Client
	seats   []*holdfast.Seat
}

func (d *driver) do(command, name string, amount int64) string {
	switch command {
	case "check":
		verdict := d.client.Check(name)
		return said(verdict.Err(), verdict.Reason.String())
	case "integer":
		value, err := d.client.Integer(name, amount)
		return said(err, fmt.Sprint(value))
	case "text":
		value, err := d.client.Text(name, "otherwise")
		return said(err, value)
	case "acquire":
		seat, err := d.client.Acquire(background, name, amount)
		if err == nil {
			d.seats = append(d.seats, seat)
		}
		return said(err, "held")
	case "give":
		last := d.seats[len(d.seats)-1]
		d.seats = d.seats[:len(d.seats)-1]
		return said(last.Close(), "given")
	case "forget":
		return d.forget(name)
	case "set":
		verdict, err := d.client.Set(background, name, amount)
		return said(err, verdict.Reason.String())
	case "consume":
		verdict, err := d.client.Consume(background, name, amount)
		return said(err, verdict.Reason.String())
	case "limit":
		limit, err := d.client.Limit(background, name)
		return said(err, fmt.Sprint(limit.Max, limit.Used, limit.Held))
	case "key":
		key, err := d.client.Key(background, name)
		return said(err, fmt.Sprintf("%x", key))
	case "status":
		status, err := d.client.Status()
		return said(err, fmt.Sprint(status.State, " ", status.Reasons[0], " ", status.Edition))
	case "json":
		text, err := d.client.StatusJSON()
		return said(err, string(text))
	case "trouble":
		return said(d.client.AgentError(), "none")
	case "await":
		return d.await()
	case "close-beside-calls":
		return d.closeBesideCalls()
	case "hostile":
		return d.hostile()
	}
	return "unexpected command " + command
}

func (d *driver) await() string {
	changes, err := d.client.Changes(background)
	if err == nil {
		fmt.Println("ok waiting")
		<-changes
	}
	return said(err, "changed")
}

// forget takes a seat and leaves it to the garbage collector.
func (d *driver) forget(limit string) string {
	before, err := d.client.Limit(background, limit)
	if err != nil {
		return said(err, "")
	}
	if _, err := d.client.Acquire(background, limit, 1); err != nil {
		return said(err, "")
	}
	for {
		runtime.GC()
		if now, err := d.client.Limit(background, limit); err != nil || now.Held == before.Held {
			return said(err, "given")
		}
	}
}

// closeBesideCalls has eight goroutines in the midst of all kinds of calls when the client is closed; each must end by ErrClosed.
func (d *driver) closeBesideCalls() string {
	client, err := holdfast.Open(d.options)
	if err != nil {
		return said(err, "")
	}
	changes, err := client.Changes(background)
	if err != nil {
		return said(err, "")
	}
	calls := []func() error{
		func() error { return client.Check("export").Err() },
		func() error { _, err := client.Limit(background, "users"); return err },
		func() error { _, err := client.Set(background, "open-projects", 1); return err },
		func() error { _, err := client.Status(); return err },
	}
	var called, ended sync.WaitGroup
	ends := make(chan error, 2*len(calls))
	for i := 0; i < cap(ends); i++ {
		call := calls[i%len(calls)]
		called.Add(1)
		ended.Add(1)
		go func() {
			defer ended.Done()
			err := call()
			called.Done()
			for err == nil {
				err = call()
			}
			ends <- err
		}()
	}
	called.Wait()
	client.Close()
	ended.Wait()
	for range changes {
	}
	close(ends)
	for err := range ends {
		if !errors.Is(err, holdfast.ErrClosed) {
			return said(err, "")
		}
	}
	return "ok closed"
}

// hostile gives the calls names that no license has, and that C could not tell from others.
func (d *driver) hostile() string {
	for _, name := range []string{"export\x00", "\xffexport", strings.Repeat("export", 2_000_000)} {
		_, byLimit := d.client.Limit(background, name)
		_, byKey := d.client.Key(background, name)
		_, byOpen := holdfast.Open(holdfast.Options{Product: d.options.Product, Roots: d.options.Roots + name, Socket: d.options.Socket})
		for _, err := range []error{d.client.Check(name).Err(), byLimit, byKey, byOpen} {
			if !errors.Is(err, holdfast.ErrInvalidArgument) {
				return said(err, "taken")
			}
		}
	}
	return "ok refused"
}

func main() {
	roots, err := os.ReadFile(os.Args[2])
	if err != nil {
		panic(err)
	}
	options := holdfast.Options{Product: os.Args[1], Roots: string(roots), Socket: os.Args[3], Timeout: time.Minute, Anyway: len(os.Args) > 4}
	client, err := holdfast.Open(options)
	fmt.Println(said(err, "opened"))
	if err != nil {
		return
	}
	defer client.Close()
	d := driver{options: options, client: client}
	for lines := bufio.NewScanner(os.Stdin); lines.Scan(); {
		words := append(strings.Fields(lines.Text()), "", "")
		amount, err := strconv.ParseInt(words[2], 10, 64)
		if err != nil {
			amount = 1
		}
		fmt.Println(d.do(words[0], words[1], amount))
	}
}
