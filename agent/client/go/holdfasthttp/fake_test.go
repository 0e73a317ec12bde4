//go:build holdfast_fake

// The guards upon libholdfast-fake: go test -tags holdfast_fake.
package holdfasthttp_test

import (
	"encoding/json"
	"errors"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
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
	response := asked(t, g.RequireFeature("render"), http.StatusForbidden, "expired")
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
	for _, state := range []string{"expired", "revoked"} {
		asked(t, guard(t, `{"state": "`+state+`"}`).RequireLicense(), http.StatusForbidden, state)
	}
}

func TestUnitsAreUsedUpBeforeTheRequest(t *testing.T) {
	limited := guard(t, `{"limits": {"pages": 3}}`).UsageLimit("pages", 2)
	asked(t, limited, http.StatusOK, "active")
	asked(t, limited, http.StatusTooManyRequests, "limit_reached")
}

func TestWhereNobodyCanBeAskedNothingIsLetThrough(t *testing.T) {
	g := guard(t, "{}")
	g.Client.Close()
	for _, middleware := range []holdfasthttp.Middleware{g.RequireLicense(), g.RequireFeature("export"), g.UsageLimit("pages", 1)} {
		response := asked(t, middleware, http.StatusServiceUnavailable, "")
		if response.Header().Get("Retry-After") == "" {
			t.Fatal("it does not say when to try again")
		}
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
