//go:build holdfast_fake

// The binding upon libholdfast-fake, which reads its decisions from a file anew at each call: go test -tags holdfast_fake.
package holdfast

import (
	"bytes"
	"context"
	"errors"
	"os"
	"path/filepath"
	"reflect"
	"runtime"
	"strings"
	"sync"
	"testing"
	"time"
)

var (
	background = context.Background()
	hostile    = []string{"exp\x00ort", "\x00", "exp\xffort", "\xed\xa0\x80", strings.Repeat("x", 65), strings.Repeat("x", 10_000_000)}
)

const decisions = `{"features": {"export": true, "max-resolution": 1280, "watermark": "Größe", "empty": ""}, "denied": {"render": "expired"},
  "limits": {"users": 2, "pages": 100}, "keys": {"content": "0f0f0f0f0f0f0f0f0f0f0f0f0f0f0f0f0f0f0f0f0f0f0f0f0f0f0f0f0f0f0f0f"},
  "state": "grace", "edition": "lite", "expires": "2027-11-22T06:00:00Z", "days_left": 12}`

var decisionsFile string

func TestMain(m *testing.M) {
	directory, err := os.MkdirTemp("", "hf")
	if err != nil {
		panic(err)
	}
	decisionsFile = filepath.Join(directory, "decisions.json")
	os.Setenv("HOLDFAST_FAKE", decisionsFile)
	code := m.Run()
	os.RemoveAll(directory)
	os.Exit(code)
}

func decide(t *testing.T, json string) {
	t.Helper()
	next := decisionsFile + ".next"
	if err := os.WriteFile(next, []byte(json), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := os.Rename(next, decisionsFile); err != nil {
		t.Fatal(err)
	}
}

func open(t *testing.T) *Client {
	t.Helper()
	decide(t, decisions)
	client, err := Open(Options{Product: "acme-cad", Roots: "roots"})
	must(t, err)
	t.Cleanup(func() { client.Close() })
	return client
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func same[T comparable](t *testing.T, got, want T) {
	t.Helper()
	if got != want {
		t.Fatalf("got %v, want %v", got, want)
	}
}

func is(t *testing.T, err, want error) {
	t.Helper()
	if !errors.Is(err, want) {
		t.Fatalf("got %v, want %v", err, want)
	}
}

func isDenied(t *testing.T, err error, reason Reason) {
	t.Helper()
	var denied *DeniedError
	if !errors.As(err, &denied) || denied.Reason != reason || !errors.Is(err, ErrDenied) {
		t.Fatalf("got %v, want denied (%v)", err, reason)
	}
}

func TestACheckSaysWhetherAndWhy(t *testing.T) {
	client := open(t)
	allowed, denied := client.Check("export"), client.Check("render")
	same(t, allowed.Allowed, true)
	same(t, allowed.Reason, ReasonGrace)
	must(t, allowed.Err())
	same(t, denied.Allowed, false)
	isDenied(t, denied.Err(), ReasonExpired)
	same(t, denied.Advice() != "", true)
	same(t, strings.Contains(denied.Err().Error(), `"render" (expired)`), true)
	isDenied(t, client.Check("größe").Err(), ReasonUnknownFeature)
}

func TestValuesHaveDefaultsForWhatIsDenied(t *testing.T) {
	client := open(t)
	for feature, want := range map[string]int64{"max-resolution": 1280, "render": 640} {
		got, err := client.Integer(feature, 640)
		must(t, err)
		same(t, got, want)
	}
	for feature, want := range map[string]string{"watermark": "Größe", "empty": "", "render": "demo"} {
		got, err := client.Text(feature, "demo")
		must(t, err)
		same(t, got, want)
	}
}

func TestAValueOfAnotherTypeIsAMistake(t *testing.T) {
	client := open(t)
	number, err := client.Integer("watermark", 7)
	is(t, err, ErrWrongType)
	same(t, number, 7)
	text, err := client.Text("max-resolution", "demo")
	is(t, err, ErrWrongType)
	same(t, text, "demo")
}

func held(t *testing.T, client *Client) int64 {
	t.Helper()
	limit, err := client.Limit(background, "users")
	must(t, err)
	return limit.Held
}

func TestASeatIsHeldUntilItIsClosed(t *testing.T) {
	client := open(t)
	seat, err := client.Acquire(background, "users", 2)
	must(t, err)
	same(t, held(t, client), 2)
	_, err = client.Acquire(background, "users", 1)
	isDenied(t, err, ReasonLimitReached)
	must(t, seat.Close())
	must(t, seat.Close())
	same(t, held(t, client), 0)
}

func TestASeatOfAClosedClientClosesQuietly(t *testing.T) {
	client := open(t)
	seat, err := client.Acquire(background, "users", 2)
	must(t, err)
	must(t, client.Close())
	must(t, seat.Close())
}

func TestAForgottenSeatIsGivenBack(t *testing.T) {
	client := open(t)
	_, err := client.Acquire(background, "users", 2)
	must(t, err)
	for held(t, client) != 0 { // the test's time limit ends what never comes
		runtime.GC()
	}
}

func TestUnitsAndGauges(t *testing.T) {
	client := open(t)
	verdict, err := client.Consume(background, "pages", 99)
	must(t, err)
	same(t, verdict.Reason, ReasonGrace)
	_, err = client.Consume(background, "pages", 2)
	isDenied(t, err, ReasonLimitReached)
	_, err = client.Set(background, "users", 2)
	must(t, err)
	users, err := client.Limit(background, "users")
	must(t, err)
	same(t, users, Limit{Max: 2, Used: 2, Held: 2})
	must(t, client.Release(background, "users"))
	same(t, held(t, client), 0)
	_, err = client.Limit(background, "no-such")
	isDenied(t, err, ReasonUnknownLimit)
	for _, amount := range []int64{0, -1, -1 << 63} {
		_, err = client.Consume(background, "pages", amount)
		is(t, err, ErrInvalidArgument)
	}
}

func TestAKeyIsTheCallersOwn(t *testing.T) {
	client := open(t)
	key, err := client.Key(background, "content")
	must(t, err)
	same(t, bytes.Equal(key, bytes.Repeat([]byte{15}, 32)), true)
	_, err = client.Key(background, "other")
	isDenied(t, err, ReasonUnknownKey)
}

func TestTheStatusIsForPeople(t *testing.T) {
	client := open(t)
	status, err := client.Status()
	must(t, err)
	want := Status{StateGrace, []Reason{ReasonGrace}, "lite", time.Date(2027, 11, 22, 6, 0, 0, 0, time.UTC), 12}
	same(t, reflect.DeepEqual(status, want), true)
	decide(t, "{}")
	status, err = client.Status()
	must(t, err)
	same(t, status.Expires.IsZero(), true)
	must(t, client.AgentError())
}

func TestALongStatusIsWhole(t *testing.T) {
	client := open(t)
	long := `{"edition": "lite"` + strings.Repeat(" ", 20_000) + "}"
	decide(t, long)
	text, err := client.StatusJSON()
	must(t, err)
	same(t, string(text), long)
}

func TestEachListenerIsToldOfAChange(t *testing.T) {
	client := open(t)
	first, err := client.Changes(background)
	must(t, err)
	ctx, cancel := context.WithCancel(background)
	second, err := client.Changes(ctx)
	must(t, err)
	decide(t, `{"denied": {"export": "revoked"}}`)
	<-first
	<-second
	isDenied(t, client.Check("export").Err(), ReasonRevoked)
	cancel()
	for range second { // until it is closed
	}
	must(t, client.Close())
	for range first {
	}
	_, err = client.Changes(background)
	is(t, err, ErrClosed)
}

func TestAContextThatIsDoneAsksNothing(t *testing.T) {
	client := open(t)
	ctx, cancel := context.WithCancel(background)
	cancel()
	verdict, err := client.Consume(ctx, "pages", 1)
	is(t, err, context.Canceled)
	is(t, verdict.Err(), context.Canceled)
	_, err = client.Acquire(ctx, "users", 1)
	is(t, err, context.Canceled)
	pages, err := client.Limit(background, "pages")
	must(t, err)
	same(t, pages.Used, 0)
	same(t, held(t, client), 0)
}

func TestWhatAnAnswerBringsToOneWhoIsGoneIsUndone(t *testing.T) {
	client := open(t)
	ctx, cancel := context.WithCancel(background)
	asked, reply, undone := make(chan bool), make(chan bool), make(chan bool)
	go func() {
		<-asked
		cancel()
	}()
	_, err := client.ask(ctx, "users", func(handle) answer {
		asked <- true
		<-reply
		return answer{}
	}, func(handle) { undone <- true })
	is(t, err, context.Canceled)
	waiting, stop := context.WithTimeout(background, time.Nanosecond)
	defer stop()
	_, err = client.Limit(waiting, "users") // its turn has not come
	is(t, err, context.DeadlineExceeded)
	reply <- true
	<-undone
	same(t, held(t, client), 0)
}

func TestAClosedClientSaysSo(t *testing.T) {
	client := open(t)
	must(t, client.Close())
	must(t, client.Close())
	is(t, client.Check("export").Err(), ErrClosed)
	same(t, client.Check("export").Allowed, false)
	_, err := client.Key(background, "content")
	is(t, err, ErrClosed)
	_, err = client.Status()
	is(t, err, ErrClosed)
}

func TestACloseBesideCallsOfOtherGoroutinesIsSafe(t *testing.T) {
	for round := 0; round < 20; round++ {
		client := open(t)
		changes, err := client.Changes(background)
		must(t, err)
		var called, ended sync.WaitGroup
		for i := 0; i < 4; i++ {
			called.Add(1)
			ended.Add(1)
			go func() {
				defer ended.Done()
				first := sync.Once{}
				for {
					client.Check("export")
					seat, err := client.Acquire(background, "pages", 1)
					first.Do(called.Done)
					if err != nil {
						if !errors.Is(err, ErrClosed) {
							t.Error(err)
						}
						return
					}
					seat.Close()
				}
			}()
		}
		called.Wait()
		client.Close()
		ended.Wait()
		for range changes {
		}
	}
}

func descriptors(t *testing.T) int {
	t.Helper()
	all, err := os.ReadDir("/proc/self/fd")
	must(t, err)
	count := 0
	for _, one := range all {
		if what, err := os.Readlink("/proc/self/fd/" + one.Name()); err == nil && strings.Contains(what, "eventfd") {
			count++
		}
	}
	return count
}

func TestAForgottenClientIsClosedAndItsListenersAreTold(t *testing.T) {
	before := descriptors(t)
	changes := func() <-chan struct{} {
		decide(t, decisions)
		client, err := Open(Options{Product: "acme-cad", Roots: "roots"})
		must(t, err)
		changes, err := client.Changes(background)
		must(t, err)
		return changes
	}()
	for open := true; open; { // the test's time limit ends what never comes
		runtime.GC()
		select {
		case _, open = <-changes:
		default:
		}
	}
	for descriptors(t) > before {
		runtime.Gosched()
	}
}

func TestNamesThatCCouldNotTellApartAreRefused(t *testing.T) {
	client := open(t)
	for _, name := range hostile {
		is(t, client.Check(name).Err(), ErrInvalidArgument)
		_, err := client.Integer(name, 1)
		is(t, err, ErrInvalidArgument)
		_, err = client.Text(name, "")
		is(t, err, ErrInvalidArgument)
		_, err = client.Acquire(background, name, 1)
		is(t, err, ErrInvalidArgument)
		_, err = client.Set(background, name, 1)
		is(t, err, ErrInvalidArgument)
		_, err = client.Consume(background, name, 1)
		is(t, err, ErrInvalidArgument)
		_, err = client.Limit(background, name)
		is(t, err, ErrInvalidArgument)
		_, err = client.Key(background, name)
		is(t, err, ErrInvalidArgument)
		is(t, client.Release(background, name), ErrInvalidArgument)
	}
	_, err := client.Acquire(background, "", 1)
	is(t, err, ErrInvalidArgument)
	isDenied(t, client.Check("").Err(), ReasonUnknownFeature)
}

func TestOptionsThatCCouldNotTellApartAreRefused(t *testing.T) {
	decide(t, decisions)
	for _, text := range hostile[:4] {
		for _, options := range []Options{{Product: text, Roots: "roots"}, {Product: "acme-cad", Roots: text}, {Product: "acme-cad", Roots: "roots", Socket: text}} {
			_, err := Open(options)
			is(t, err, ErrInvalidArgument)
		}
	}
	for _, timeout := range []time.Duration{-1, 1<<63 - 1} {
		_, err := Open(Options{Product: "acme-cad", Roots: "roots", Timeout: timeout})
		is(t, err, ErrInvalidArgument)
	}
}

func TestErrorsOfTheLibraryHaveCodeCheckMessageAndAdvice(t *testing.T) {
	client := open(t)
	decide(t, `{"feature": {}}`)
	var failure *Error
	err := client.Check("export").Err()
	same(t, errors.As(err, &failure), true)
	same(t, failure.Code, ErrInvalidArgument)
	same(t, failure.Check, "fake.unknown")
	same(t, strings.Contains(err.Error(), "(invalid_argument, fake.unknown)"), true)
	same(t, client.Check("export").Allowed, false)
}

func TestNumbersAndNamesAreThoseOfTheLibrary(t *testing.T) {
	for code, name := range map[Code]string{ErrInvalidArgument: "invalid_argument", ErrBufferTooSmall: "buffer_too_small", ErrWrongType: "wrong_type",
		ErrClosed: "closed", ErrForked: "forked", ErrNoMemory: "no_memory", ErrSystem: "system", ErrNoAgent: "no_agent", ErrTimeout: "timeout",
		ErrRefused: "refused", ErrUnproven: "unproven", ErrAgentInvalid: "agent_invalid", ErrAgentFake: "agent_fake", ErrAgentReplayed: "agent_replayed",
		ErrOtherVendor: "other_vendor", ErrOtherHost: "other_host", ErrAgentAltered: "agent_altered", ErrInternal: "internal", ErrDenied: "denied"} {
		same(t, code.Error(), name)
	}
	for reason, name := range map[Reason]string{ReasonActive: "active", ReasonTampered: "tampered", ReasonRevoked: "revoked", ReasonSuspended: "suspended",
		ReasonWrongHardware: "wrong_hardware", ReasonStateRollback: "state_rollback", ReasonRetired: "retired", ReasonHardwareUnavailable: "hardware_unavailable",
		ReasonNoLicense: "no_license", ReasonNotYetValid: "not_yet_valid", ReasonExpired: "expired", ReasonClockSetBack: "clock_set_back",
		ReasonOfflineTooLong: "offline_too_long", ReasonUnknownFeature: "unknown_feature", ReasonUnknownLimit: "unknown_limit", ReasonUnknownKey: "unknown_key",
		ReasonFeatureNotGranted: "feature_not_granted", ReasonKeyNotGranted: "key_not_granted", ReasonLimitReached: "limit_reached",
		ReasonFallbackEdition: "fallback_edition", ReasonGrace: "grace", ReasonOfflineGrace: "offline_grace", ReasonOverage: "overage",
		ReasonClockAhead: "clock_ahead", ReasonExpiring: "expiring", ReasonEmergency: "emergency", ReasonAdvisory: "advisory", ReasonHeartbeatDue: "heartbeat_due",
		ReasonRevocationStale: "revocation_stale", ReasonCallerExcluded: "caller_excluded", ReasonAgentGone: "agent_gone", ReasonAgentUnproven: "agent_unproven"} {
		same(t, reason.String(), name)
	}
	for state, name := range map[State]string{StateActive: "active", StateExpiring: "expiring", StateGrace: "grace", StateFallback: "fallback", StateExpired: "expired",
		StateNotYetValid: "not_yet_valid", StateHardwareUnavailable: "hardware_unavailable", StateRetired: "retired", StateWrongHardware: "wrong_hardware",
		StateSuspended: "suspended", StateRevoked: "revoked", StateClockSetBack: "clock_set_back", StateOfflineTooLong: "offline_too_long",
		StateEmergency: "emergency", StateStateRollback: "state_rollback", StateTampered: "tampered", StateNone: "none", StateAgentGone: "agent_gone",
		StateAgentUnproven: "agent_unproven"} {
		same(t, state.String(), name)
	}
	same(t, strings.HasSuffix(Version(), "-fake"), true)
}
