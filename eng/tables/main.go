// Prints what the API server's own printers make of the objects of a List: per resource the columns and, for each object, the cells of its row
// (wide) and the object as that version would return it. README.md says how this is built and run.
package main

import (
	"encoding/json"
	"fmt"
	"io"
	"os"
	"sort"
	"time"

	"k8s.io/apimachinery/pkg/api/meta"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/kubernetes/pkg/api/legacyscheme"
	_ "k8s.io/kubernetes/pkg/apis/networking/install"
	"k8s.io/kubernetes/pkg/printers"
	printersinternal "k8s.io/kubernetes/pkg/printers/internalversion"
)

type row struct {
	Cells  []any           `json:"cells"`
	Object json.RawMessage `json:"object"`
}

type table struct {
	At      string   `json:"at"`
	Columns []string `json:"columns"`
	Wide    []string `json:"wide"`
	Rows    []row    `json:"rows"`
}

func check(err error, what ...any) {
	if err != nil {
		fmt.Fprintln(os.Stderr, append(what, err)...)
		os.Exit(1)
	}
}

func main() {
	body, err := io.ReadAll(os.Stdin)
	check(err)
	var list struct{ Items []json.RawMessage }
	check(json.Unmarshal(body, &list))
	generator := printers.NewTableGenerator().With(printersinternal.AddHandlers)
	result := map[string]*table{}
	for _, item := range list.Items {
		object, kind, err := legacyscheme.Codecs.UniversalDecoder().Decode(item, nil, nil)
		check(err, string(item))
		internal, err := legacyscheme.Scheme.ConvertToVersion(object, runtime.InternalGroupVersioner)
		check(err, kind)
		now := time.Now().UTC()
		printed, err := generator.GenerateTable(internal, printers.GenerateOptions{Wide: true})
		check(err, kind)
		returned, err := runtime.Encode(legacyscheme.Codecs.LegacyCodec(kind.GroupVersion()), internal)
		check(err, kind)
		resource, _ := meta.UnsafeGuessKindToResource(*kind)
		into := result[resource.Resource]
		if into == nil {
			into = &table{At: now.Format(time.RFC3339Nano), Wide: []string{}}
			for _, column := range printed.ColumnDefinitions {
				into.Columns = append(into.Columns, column.Name)
				if column.Priority > 0 {
					into.Wide = append(into.Wide, column.Name)
				}
			}
			result[resource.Resource] = into
		}
		into.Rows = append(into.Rows, row{printed.Rows[0].Cells, returned})
	}

	// A line for each object, so that a difference between two recordings can be read.
	fmt.Print("{")
	first := true
	names := make([]string, 0, len(result))
	for name := range result {
		names = append(names, name)
	}
	sort.Strings(names)
	for _, name := range names {
		t := result[name]
		if !first {
			fmt.Print(",")
		}
		first = false
		columns, _ := json.Marshal(t.Columns)
		wide, _ := json.Marshal(t.Wide)
		fmt.Printf("\n%q: {\"at\": %q, \"columns\": %s, \"wide\": %s, \"rows\": [", name, t.At, columns, wide)
		for i, r := range t.Rows {
			line, err := json.Marshal(r)
			check(err)
			if i > 0 {
				fmt.Print(",")
			}
			fmt.Printf("\n%s", line)
		}
		fmt.Print("]}")
	}
	fmt.Println("\n}")
}
