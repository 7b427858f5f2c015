// Checks many seals and proofs with software that knows nothing of this project: signed notes of Go's own module
// database, and checkpoints, proofs and Merkle trees of transparency-dev. Reads JSON objects, a line each, and answers a
// line each.
package main

import (
	"bufio"
	"bytes"
	"encoding/json"
	"fmt"
	"os"

	"github.com/transparency-dev/formats/log"
	tlog "github.com/transparency-dev/formats/proof"
	"github.com/transparency-dev/merkle/compact"
	"github.com/transparency-dev/merkle/proof"
	"github.com/transparency-dev/merkle/rfc6962"
	"golang.org/x/mod/sumdb/note"
)

// Either a note with all lines of its day, or the proof of one line. The origin is the checkpoint's first line.
type testCase struct {
	Name, Key, Origin string
	Note, Proof       []byte
	Lines             [][]byte
}

func checkpoint(c testCase, signed []byte) (*log.Checkpoint, error) {
	verifier, err := note.NewVerifier(c.Key)
	if err != nil {
		return nil, err
	}
	found, _, _, err := log.ParseCheckpoint(signed, c.Origin, verifier)
	return found, err
}

func checkProof(c testCase) error {
	var p tlog.TLogProof
	if err := p.Unmarshal(c.Proof); err != nil {
		return err
	}
	sealed, err := checkpoint(c, p.Checkpoint)
	if err != nil {
		return err
	}
	path := make([][]byte, len(p.Hashes))
	for i := range p.Hashes {
		path[i] = p.Hashes[i][:]
	}
	leaf := rfc6962.DefaultHasher.HashLeaf(p.ExtraData)
	return proof.VerifyInclusion(rfc6962.DefaultHasher, p.Index, sealed.Size, leaf, path, sealed.Hash)
}

func checkSeal(c testCase) error {
	sealed, err := checkpoint(c, c.Note)
	if err != nil {
		return err
	}
	day := (&compact.RangeFactory{Hash: rfc6962.DefaultHasher.HashChildren}).NewEmptyRange(0)
	for _, line := range c.Lines {
		if err := day.Append(rfc6962.DefaultHasher.HashLeaf(line), nil); err != nil {
			return err
		}
	}
	root := rfc6962.DefaultHasher.EmptyRoot()
	if day.End() > 0 {
		if root, err = day.GetRootHash(nil); err != nil {
			return err
		}
	}
	if day.End() != sealed.Size || !bytes.Equal(root, sealed.Hash) {
		return fmt.Errorf("the lines are not those sealed")
	}
	return nil
}

func main() {
	cases := json.NewDecoder(bufio.NewReader(os.Stdin))
	for cases.More() {
		var c testCase
		if err := cases.Decode(&c); err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(2)
		}
		check := checkSeal
		if c.Proof != nil {
			check = checkProof
		}
		if err := check(c); err != nil {
			fmt.Printf("%s fail: %q\n", c.Name, err)
		} else {
			fmt.Println(c.Name, "ok")
		}
	}
}
