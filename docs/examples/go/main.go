// usage: cad [-listen ADDRESS] [-data DIRECTORY] [-socket SOCKET] - a licensed server. Put the vendor's roots.pem beside this file: it is compiled in.
//
// What makes something new asks the license. What users have made is theirs: saving it and getting it back asks nobody.
package main

import (
	_ "embed"
	"encoding/json"
	"flag"
	"fmt"
	"io"
	"log"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"regexp"

	"holdfast.example/holdfast"
	"holdfast.example/holdfast/holdfasthttp"
)

//go:embed roots.pem
var roots string

const (
	everybodysPixels = 640 // what is there without any license
	largestDrawing   = 16 << 20
)

type server struct {
	license *holdfast.Client
	data    string
}

// warn tells the user of each answer what is to come, and the administrator what to do: while it is announced or in grace, and in the fallback edition.
func (s server) warn(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if status, err := s.license.Status(); err == nil && len(status.Reasons) > 0 && status.Reasons[0] != holdfast.ReasonActive {
			w.Header().Set("License-Warning", fmt.Sprintf("%s; %s", status.Reasons[0], status.Reasons[0].Advice()))
		}
		next.ServeHTTP(w, r)
	})
}

var drawingName = regexp.MustCompile(`^/drawings/([a-z0-9-]{1,64})$`)

// drawings are the users' own: no guard here, whatever the license says.
func (s server) drawings(w http.ResponseWriter, r *http.Request) {
	name := drawingName.FindStringSubmatch(r.URL.Path)
	if name == nil {
		http.NotFound(w, r)
		return
	}
	file := filepath.Join(s.data, name[1]+".drawing")
	switch r.Method {
	case http.MethodGet:
		http.ServeFile(w, r, file)
	case http.MethodPut:
		drawing, err := io.ReadAll(http.MaxBytesReader(w, r.Body, largestDrawing))
		if err != nil {
			http.Error(w, "the drawing is too large", http.StatusRequestEntityTooLarge)
			return
		}
		if err := save(file, drawing); err != nil {
			http.Error(w, "the drawing cannot be saved: "+err.Error(), http.StatusInternalServerError)
		}
	default:
		http.Error(w, "a drawing is got or put", http.StatusMethodNotAllowed)
	}
}

// save leaves the old drawing where the new one cannot be written.
func save(file string, drawing []byte) error {
	next, err := os.CreateTemp(filepath.Dir(file), "next")
	if err != nil {
		return err
	}
	defer os.Remove(next.Name())
	_, err = next.Write(drawing)
	if closing := next.Close(); err == nil {
		err = closing
	}
	if err != nil {
		return err
	}
	return os.Rename(next.Name(), file)
}

// render works as the edition that applies now, by its values: the fallback edition is smaller and says whose it is.
func (s server) render(w http.ResponseWriter, _ *http.Request) {
	pixels, err := s.license.Integer("max-resolution", everybodysPixels)
	if err != nil {
		log.Print(err) // the terms and the program disagree: go on with what everybody has
	}
	watermark, err := s.license.Text("watermark", "Acme CAD")
	if err != nil {
		log.Print(err)
	}
	answer(w, map[string]any{"pixels": pixels, "watermark": watermark})
}

func (s server) export(w http.ResponseWriter, _ *http.Request) {
	answer(w, map[string]any{"exported": true})
}

// status is for the window in which users see "expires in 12 days".
func (s server) status(w http.ResponseWriter, _ *http.Request) {
	status, err := s.license.Status()
	if err != nil {
		holdfasthttp.Problem(w, nil, err)
		return
	}
	about := map[string]any{"state": status.State.String(), "edition": status.Edition}
	if !status.Expires.IsZero() {
		about["days_left"] = status.DaysLeft
	}
	answer(w, about)
}

func answer(w http.ResponseWriter, body any) {
	w.Header().Set("Content-Type", "application/json")
	_ = json.NewEncoder(w).Encode(body) // who hung up misses it
}

func (s server) handler() http.Handler {
	guard := holdfasthttp.Guard{Client: s.license}
	mux := http.NewServeMux()
	mux.HandleFunc("/drawings/", s.drawings)
	mux.HandleFunc("/status", s.status)
	mux.Handle("/render", guard.RequireLicense()(http.HandlerFunc(s.render)))
	mux.Handle("/export", guard.RequireFeature("export")(http.HandlerFunc(s.export)))
	return s.warn(mux)
}

func main() {
	address := flag.String("listen", "127.0.0.1:8080", "where to listen")
	data := flag.String("data", ".", "where the drawings are")
	socket := flag.String("socket", "", "the agent's socket, for trials")
	flag.Parse()
	// Anyway: a server without a license starts, says so, and gives users what is theirs.
	license, err := holdfast.Open(holdfast.Options{Product: "acme-cad", Roots: roots, Socket: *socket, Anyway: true})
	if err != nil {
		log.Fatal(err)
	}
	defer license.Close()
	listener, err := net.Listen("tcp", *address)
	if err != nil {
		log.Fatal(err)
	}
	fmt.Printf("listening on %s\n", listener.Addr())
	log.Print(http.Serve(listener, server{license, *data}.handler()))
}
