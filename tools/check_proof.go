// Checks what `ingestor proof` prints with golang.org/x/mod/sumdb/note and sumdb/tlog, which know nothing of this engine.
package main

import (
	"encoding/base64"
	"fmt"
	"os"
	"strconv"
	"strings"

	"golang.org/x/mod/sumdb/note"
	"golang.org/x/mod/sumdb/tlog"
)

func fail(file string, problem interface{}) {
	fmt.Fprintf(os.Stderr, "%s: %v\n", file, problem)
	os.Exit(1)
}

func read(file string) string {
	data, err := os.ReadFile(file)
	if err != nil {
		fail(file, err)
	}
	return string(data)
}

// checkpoint opens a signed note and reads the tree head in it.
func checkpoint(file, text string, verifiers note.Verifiers) tlog.Tree {
	opened, err := note.Open([]byte(text), verifiers)
	if err != nil {
		fail(file, err)
	}
	lines := strings.Split(opened.Text, "\n")
	if len(lines) != 4 || lines[0] != opened.Sigs[0].Name {
		fail(file, "this is no checkpoint of the log that signed it")
	}
	size, err := strconv.ParseInt(lines[1], 10, 64)
	if err != nil {
		fail(file, err)
	}
	root, err := tlog.ParseHash(lines[2])
	if err != nil {
		fail(file, err)
	}
	return tlog.Tree{N: size, Hash: root}
}

func hashes(file string, lines []string) []tlog.Hash {
	var path []tlog.Hash
	for _, line := range lines {
		hash, err := tlog.ParseHash(line)
		if err != nil {
			fail(file, err)
		}
		path = append(path, hash)
	}
	return path
}

func main() {
	verifier, err := note.NewVerifier(strings.TrimSpace(read(os.Args[1])))
	if err != nil {
		fail(os.Args[1], err)
	}
	verifiers := note.VerifierList(verifier)
	records, trees := 0, 0
	for _, file := range os.Args[2:] {
		head, text, _ := strings.Cut(read(file), "\n\n")
		tree := checkpoint(file, text, verifiers)
		lines := strings.Split(head, "\n")
		if lines[0] == "c2sp.org/tlog-proof@v1" {
			record, err := base64.StdEncoding.DecodeString(strings.TrimPrefix(lines[1], "extra "))
			if err != nil || len(record) < 96 {
				fail(file, "it has no record")
			}
			index, err := strconv.ParseInt(strings.TrimPrefix(lines[2], "index "), 10, 64)
			if err != nil {
				fail(file, err)
			}
			// What the log hashes of a record: all but the field that holds the hash.
			hash := tlog.RecordHash(append(append([]byte{}, record[:64]...), record[96:]...))
			path := hashes(file, lines[3:])
			if err := tlog.CheckRecord(path, tree.N, tree.Hash, index, hash); err != nil {
				fail(file, err)
			}
			if tree.N > 1 && tlog.CheckRecord(path, tree.N, tree.Hash, (index+1)%tree.N, hash) == nil {
				fail(file, "the record passes at another place")
			}
			records++
		} else {
			older := checkpoint(file, read(file+".checkpoint"), verifiers)
			if lines[0] != fmt.Sprintf("old %d", older.N) {
				fail(file, "it is from another size")
			}
			if err := tlog.CheckTree(hashes(file, lines[1:]), tree.N, tree.Hash, older.N, older.Hash); err != nil {
				fail(file, err)
			}
			trees++
		}
	}
	fmt.Printf("   %d records and %d older logs are proven by golang.org/x/mod/sumdb\n", records, trees)
}
