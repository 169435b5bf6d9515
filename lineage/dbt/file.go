package dbt

import (
	"bytes"
	"compress/gzip"
	"errors"
	"fmt"
	"io"
	"io/fs"
)

// maxArtifact is the largest artifact that is read, in bytes after decompression. Real manifests of the largest
// projects have a few hundred megabytes; a gzip file can claim any size.
const maxArtifact = 2 << 30

// readings is how often a file that changes while it is read is read again.
const readings = 3

var (
	errTooLarge = errors.New("larger than 2 GiB")
	errMoving   = errors.New("it keeps changing while it is read")
)

// read returns an artifact of a folder, plain or gzipped; the plain one goes first. fs.ErrNotExist says that there is
// neither.
func read(dir fs.FS, name string) ([]byte, error) {
	data, err := readStill(dir, name)
	if !errors.Is(err, fs.ErrNotExist) {
		return data, err
	}
	packed, err := readStill(dir, name+".gz")
	if err != nil {
		return nil, err
	}
	return unpack(packed)
}

// readStill reads a file that nobody writes meanwhile: dbt overwrites its artifacts in place.
func readStill(dir fs.FS, name string) ([]byte, error) {
	for range readings {
		before, err := fs.Stat(dir, name)
		if err != nil {
			return nil, fmt.Errorf("looking at the file: %w", err)
		}
		if before.Size() > maxArtifact {
			return nil, errTooLarge
		}
		data, err := fs.ReadFile(dir, name)
		if err != nil {
			return nil, fmt.Errorf("reading the file: %w", err)
		}
		after, err := fs.Stat(dir, name)
		if err == nil && after.Size() == before.Size() && int64(len(data)) == after.Size() &&
			after.ModTime().Equal(before.ModTime()) {
			return data, nil
		}
	}
	return nil, errMoving
}

func unpack(packed []byte) ([]byte, error) {
	r, err := gzip.NewReader(bytes.NewReader(packed))
	if err != nil {
		return nil, fmt.Errorf("unpacking: %w", err)
	}
	var out bytes.Buffer
	n, err := io.Copy(&out, io.LimitReader(r, maxArtifact+1))
	if err != nil {
		return nil, fmt.Errorf("unpacking: %w", err)
	}
	if n > maxArtifact {
		return nil, errTooLarge
	}
	return out.Bytes(), nil
}
