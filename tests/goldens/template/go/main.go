// What Go's text/template makes of templates: reads one template a line (as a JSON string) and writes a line
// `[template, result]` for each, as they stand in cases.jsonl. Run with `go run main.go < templates > cases.jsonl`.
package main

import (
	"bufio"
	"encoding/json"
	"os"
	"strings"
	"text/template"
)

const document = `{"i":5,"f":1.5,"s":"str","e":"","n":null,"t":true,"l":[3,1,"x",null],
	"m":{"a":1,"b":{"c":"d"},"n":null},"el":[],"em":{}}`

func data() map[string]any {
	var dot map[string]any
	if err := json.Unmarshal([]byte(document), &dot); err != nil {
		panic(err)
	}
	dot["int"] = 7
	dot["i64"] = int64(9)
	dot["u"] = uint64(3)
	dot["sl"] = []string{"a", "b"}
	dot["sm"] = map[string]string{"k": "v"}
	dot["by"] = []byte("hi")
	return dot
}

func render(text string) string {
	parsed, err := template.New("t").Option("missingkey=zero").Parse(text)
	if err != nil {
		return "ERR " + err.Error()
	}
	var out strings.Builder
	if err := parsed.Execute(&out, data()); err != nil {
		return "ERR " + err.Error()
	}
	return "OK " + out.String()
}

func main() {
	lines := bufio.NewScanner(os.Stdin)
	lines.Buffer(nil, 1<<20)
	encoder := json.NewEncoder(os.Stdout)
	encoder.SetEscapeHTML(false)
	for lines.Scan() {
		var text string
		if err := json.Unmarshal(lines.Bytes(), &text); err != nil {
			panic(err)
		}
		if err := encoder.Encode([]string{text, render(text)}); err != nil {
			panic(err)
		}
	}
}
