package exchange

import (
	"bufio"
	"bytes"
	"encoding/csv"
	"errors"
	"io"

	"jijian/piecework"
)

// csvLines reads RFC 4180: UTF-8 with or without byte order mark, commas, double quotes, lines ended by LF or CRLF.
type csvLines struct {
	file   io.Closer
	buf    *bufio.Reader
	csv    *csv.Reader
	cells  []cell
	opened bool
}

func newCSVLines(f io.ReadCloser) *csvLines {
	buf := bufio.NewReaderSize(f, 1<<16)
	r := csv.NewReader(buf)
	r.FieldsPerRecord = -1
	r.ReuseRecord = true
	return &csvLines{file: f, buf: buf, csv: r}
}

func (l *csvLines) fixedWidth() bool { return true }
func (l *csvLines) date1904() bool   { return false }
func (l *csvLines) Close() error     { return l.file.Close() }

func (l *csvLines) next() (int, []cell, error) {
	if !l.opened {
		l.opened = true
		if err := l.skipMark(); err != nil {
			return 0, nil, err
		}
	}
	record, err := l.csv.Read()
	var broken *csv.ParseError
	if errors.As(err, &broken) {
		return 0, nil, &lineError{broken.StartLine, *piecework.Msg(`a double quote stands where none may be; a value that holds quotes is written "so ""quoted"" here"`)}
	}
	if err != nil {
		return 0, nil, err
	}
	num, _ := l.csv.FieldPos(0)
	l.cells = l.cells[:0]
	for _, field := range record {
		l.cells = append(l.cells, cell{text: field})
	}
	return num, l.cells, nil
}

// skipMark drops the byte order mark of UTF-8 and refuses those of UTF-16.
func (l *csvLines) skipMark() error {
	start, err := l.buf.Peek(3)
	if err != nil && err != io.EOF {
		return err
	}
	switch {
	case bytes.HasPrefix(start, []byte("\xEF\xBB\xBF")):
		_, err := l.buf.Discard(3)
		return err
	case bytes.HasPrefix(start, []byte("\xFF\xFE")), bytes.HasPrefix(start, []byte("\xFE\xFF")):
		return &lineError{1, *piecework.Msg("is UTF-16 text; save the file as CSV UTF-8")}
	}
	return nil
}
