//go:build holdfast_fake

// The guards upon libholdfast-fake: go test -tags holdfast_fake.
package holdfasthttp_test

import (
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"holdfast.example/holdfast"
	"holdfast.example/holdfast/holdfasthttp"
)

func guard(t *testing.T, decisions string) holdfasthttp.Guard {
	t.Helper()
	file := filepath.Join(t.TempDir(), "decisions.json")
	if err := os.WriteFile(file, []byte(decisions), 0o600); err != nil {
		t.Fatal(err)
	}
	t.Setenv("HOLDFAST_FAKE", file)
	client, err := holdfast.Open(holdfast.Options{Product: "acme-cad", Roots: "roots"})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { client.Close() })
	return holdfasthttp.Guard{Client: client}
}

// asked is what a guarded handler, which tells the reason that it is shown, answers to a request.
func asked(t *testing.T, middleware holdfasthttp.Middleware, code int, reason string) *httptest.ResponseRecorder {
	t.Helper()
	handler := middleware(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		verdict, _ := holdfasthttp.VerdictOf(r)
		json.NewEncoder(w).Encode(map[string]string{"reason": verdict.Reason.String()})
	}))
	response := httptest.NewRecorder()
	handler.ServeHTTP(response, httptest.NewRequest(http.MethodPost, "/", nil))
	var body struct{ Reason string }
	if err := json.Unmarshal(response.Body.Bytes(), &body); err != nil {
		t.Fatal(err)
	}
	if response.Code != code || body.Reason != reason {
		t.Fatalf("got %d %q, want %d %q", response.Code, body.Reason, code, reason)
	}
	return response
}

func TestAFeatureIsRequired(t *testing.T) {
	g := guard(t, `{"features": {"export": true}, "denied": {"render": "expired"}, "state": "grace"}`)
	asked(t, g.RequireFeature("export"), http.StatusOK, "grace")
	response := asked(t, g.RequireFeature("render"), http.StatusPaymentRequired, "expired")
	if got := response.Header().Get("Content-Type"); got != "application/problem+json" {
		t.Fatal(got)
	}
}

func TestALicenseIsRequiredBeItTheFallbackEdition(t *testing.T) {
	for decisions, reason := range map[string]string{
		`{"edition": "standard"}`: "active",
		`{"edition": "lite", "state": "fallback", "reasons": ["fallback_edition"]}`:       "fallback_edition",
		`{"edition": "standard", "state": "expired", "reasons": ["expired", "advisory"]}`: "expired",
	} {
		asked(t, guard(t, decisions).RequireLicense(), http.StatusOK, reason)
	}
	for state, status := range map[string]int{"expired": http.StatusPaymentRequired, "revoked": http.StatusForbidden} {
		asked(t, guard(t, `{"state": "`+state+`"}`).RequireLicense(), status, state)
	}
}

func TestUnitsAreUsedUpBeforeTheRequest(t *testing.T) {
	limited := guard(t, `{"limits": {"pages": 3}}`).UsageLimit("pages", 2)
	asked(t, limited, http.StatusOK, "active")
	if got := asked(t, limited, http.StatusTooManyRequests, "limit_reached").Header().Get("Retry-After"); got != "" {
		t.Fatal("waiting brings no units, and it says " + got)
	}
}

func TestEachDenialAndEachErrorHasItsAnswer(t *testing.T) {
	var answers struct {
		Reasons map[string]int
		Errors  map[string][2]int // code, status
	}
	said := os.Getenv("HOLDFAST_TEST_ANSWERS")
	if said == "" {
		t.Skip("HOLDFAST_TEST_ANSWERS is not set: the table of docs/application.md is not part of the module, tests/system/go_binding_test.py hands it over")
	}
	if err := json.Unmarshal([]byte(said), &answers); err != nil || len(answers.Reasons) == 0 || len(answers.Errors) == 0 {
		t.Fatal(said, err)
	}
	for reason, status := range answers.Reasons {
		g := guard(t, `{"denied": {"export": "`+reason+`"}}`)
		response := asked(t, g.RequireFeature("export"), status, reason)
		isProblem(t, response, "the license does not grant export", g.Client.Check("export").Advice())
	}
	for name, answer := range answers.Errors {
		response := httptest.NewRecorder()
		holdfasthttp.Problem(response, nil, &holdfast.Error{Code: holdfast.Code(answer[0]), Check: "a.check", Message: "details", Advice: "to be done"})
		if body := response.Body.String(); response.Code != answer[1] || !strings.Contains(body, `"reason":"`+name+`"`) || strings.Contains(body, "details") {
			t.Errorf("%s: %d %s", name, response.Code, body)
		}
		if (response.Header().Get("Retry-After") == "30") != (answer[1] == http.StatusServiceUnavailable) {
			t.Errorf("%s: %v", name, response.Header())
		}
	}
}

func isProblem(t *testing.T, response *httptest.ResponseRecorder, detail, advice string) {
	t.Helper()
	wanted := map[string]string{"Content-Type": "application/problem+json", "Cache-Control": "no-store", "Retry-After": ""}
	if response.Code == http.StatusServiceUnavailable {
		wanted["Retry-After"] = "30"
	}
	for name, value := range wanted {
		if got := response.Header().Get(name); got != value {
			t.Errorf("%s: got %q, want %q", name, got, value)
		}
	}
	var body map[string]any
	if err := json.Unmarshal(response.Body.Bytes(), &body); err != nil {
		t.Fatal(err)
	}
	status := response.Code
	if len(body) != 5 || body["title"] != http.StatusText(status) || body["status"] != float64(status) || body["detail"] != detail || body["advice"] != advice {
		t.Error(body)
	}
}

func TestAReasonThatOnlyANewerLibraryKnowsIsForbidden(t *testing.T) {
	if got := holdfasthttp.StatusOf(&holdfast.DeniedError{What: "export", Reason: 250}); got != http.StatusForbidden {
		t.Fatal(got)
	}
}

func TestWhatIsOverBeforeItWasAnsweredMayBeTriedAgain(t *testing.T) {
	over, cancel := context.WithCancel(context.Background())
	cancel()
	_, err := guard(t, `{"limits": {"pages": 3}}`).Client.Consume(over, "pages", 1)
	if got := holdfasthttp.StatusOf(err); got != http.StatusServiceUnavailable {
		t.Fatal(got, err)
	}
}

func TestAfterTheClientIsClosedNothingIsLetThrough(t *testing.T) {
	g := guard(t, "{}")
	g.Client.Close()
	for _, middleware := range []holdfasthttp.Middleware{g.RequireLicense(), g.RequireFeature("export"), g.UsageLimit("pages", 1)} {
		asked(t, middleware, http.StatusInternalServerError, "closed")
	}
}

func TestARefusalCanBeTheApplicationsOwn(t *testing.T) {
	g := guard(t, "{}")
	g.Refuse = func(w http.ResponseWriter, _ *http.Request, err error) {
		if !errors.Is(err, holdfast.ErrDenied) {
			t.Error(err)
		}
		w.WriteHeader(http.StatusPaymentRequired)
		json.NewEncoder(w).Encode(map[string]string{"reason": "mine"})
	}
	asked(t, g.RequireFeature("export"), http.StatusPaymentRequired, "mine")
}
