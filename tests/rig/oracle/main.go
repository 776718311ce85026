// Command oracle renders template snippets with Helm's own engine and writes down what came out.
//
//	go run . VALUES.yaml FILE...
//
// Each FILE holds a snippet a line; lines that begin with `## ` are headings, and the lines of an earlier run
// (`   => …`) are dropped. Each is rewritten with one `   => RESULT` line behind each snippet: a Go string literal,
// or `ERR ` and Helm's message. With `-json FILE` in place of the files' names, JSON lines [SNIPPET, RESULT] of that
// file go to standard output and nothing is written.
//
// The clock is not fixed: a snippet that depends on it, or on randomness, belongs into a property test instead.
package main

import (
	"bufio"
	"encoding/json"
	"fmt"
	"os"
	"strings"
	"time"

	"helm.sh/helm/v3/pkg/chart"
	"helm.sh/helm/v3/pkg/chartutil"
	"helm.sh/helm/v3/pkg/engine"
)

const resultMark = "   => "

func main() {
	time.Local = time.UTC
	if len(os.Args) < 3 {
		fail(fmt.Errorf("usage: oracle VALUES.yaml [-json] FILE..."))
	}
	values, err := chartutil.ReadValuesFile(os.Args[1])
	if err != nil {
		fail(err)
	}
	files := os.Args[2:]
	asJSON := files[0] == "-json"
	if asJSON {
		files = files[1:]
	}
	for _, name := range files {
		lines, err := snippets(name)
		if err != nil {
			fail(err)
		}
		if asJSON {
			err = printJSON(lines, values)
		} else {
			err = rewrite(name, lines, values)
		}
		if err != nil {
			fail(err)
		}
	}
}

func fail(err error) {
	fmt.Fprintln(os.Stderr, err)
	os.Exit(1)
}

// snippets reads the lines of the file that are not results of an earlier run.
func snippets(name string) ([]string, error) {
	file, err := os.Open(name)
	if err != nil {
		return nil, err
	}
	defer file.Close()
	var lines []string
	scanner := bufio.NewScanner(file)
	scanner.Buffer(nil, 1<<24)
	for scanner.Scan() {
		if line := scanner.Text(); line != "" && !strings.HasPrefix(line, resultMark) {
			lines = append(lines, line)
		}
	}
	return lines, scanner.Err()
}

func isHeading(line string) bool {
	return strings.HasPrefix(line, "## ")
}

func rewrite(name string, lines []string, values chartutil.Values) error {
	var out strings.Builder
	for _, line := range lines {
		out.WriteString(line + "\n")
		if !isHeading(line) {
			out.WriteString(resultMark + render(line, values) + "\n")
		}
	}
	return os.WriteFile(name, []byte(out.String()), 0o644)
}

func printJSON(lines []string, values chartutil.Values) error {
	encoder := json.NewEncoder(os.Stdout)
	for _, line := range lines {
		if isHeading(line) {
			continue
		}
		if err := encoder.Encode([]string{line, render(line, values)}); err != nil {
			return err
		}
	}
	return nil
}

// render makes the snippet the one template of a chart, as the files of snippets say: `c/templates/t.yaml`.
func render(snippet string, values chartutil.Values) string {
	const name = "templates/t.yaml"
	only := &chart.Chart{
		Metadata:  &chart.Metadata{APIVersion: "v2", Name: "c", Version: "1.2.3", AppVersion: "9.9"},
		Templates: []*chart.File{{Name: name, Data: []byte(snippet)}},
	}
	release := chartutil.ReleaseOptions{Name: "rel", Namespace: "ns", Revision: 1, IsInstall: true}
	given, err := chartutil.ToRenderValues(only, copied(values), release, chartutil.DefaultCapabilities)
	if err != nil {
		return "ERR " + err.Error()
	}
	rendered, err := engine.Render(only, given)
	if err != nil {
		return "ERR " + strings.ReplaceAll(err.Error(), "\n", `\n`)
	}
	return fmt.Sprintf("%q", rendered["c/"+name])
}

// copied keeps one snippet's changes from the next.
func copied(values chartutil.Values) chartutil.Values {
	text, err := values.YAML()
	if err != nil {
		fail(err)
	}
	copy, err := chartutil.ReadValues([]byte(text))
	if err != nil {
		fail(err)
	}
	return copy
}
