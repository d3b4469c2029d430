package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"time"
)

// server is a program that answers requests until it is killed.
type server struct {
	cmd *exec.Cmd
	log *os.File
}

// start runs a server whose messages go to a file.
func start(logFile, program string, args ...string) (*server, io.Reader, error) {
	log, err := os.Create(logFile)
	if err != nil {
		return nil, nil, err
	}
	cmd := exec.Command(program, args...)
	cmd.Stderr = log
	out, err := cmd.StdoutPipe()
	if err == nil {
		err = cmd.Start()
	}
	if err != nil {
		return nil, nil, errors.Join(err, log.Close())
	}
	return &server{cmd, log}, out, nil
}

// kill ends a server without a word, as a power cut would.
func (s *server) kill() {
	_ = s.cmd.Process.Kill() // it may have ended by itself
	_ = s.cmd.Wait()
	_ = s.log.Close()
}

// spent is the processor time of the server so far, as Linux counts it; 0 elsewhere.
func (s *server) spent() time.Duration {
	const tick = 10 * time.Millisecond // what the kernel counts in, on every machine Go knows
	data, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", s.cmd.Process.Pid))
	if err != nil {
		return 0
	}
	_, fields, _ := bytes.Cut(data, []byte(") ")) // the name before it may hold anything
	list := bytes.Fields(fields)
	const user, system = 11, 12
	if len(list) <= system {
		return 0
	}
	var ticks time.Duration
	for _, field := range list[user : system+1] {
		n, _ := strconv.ParseInt(string(field), 10, 64) // the kernel wrote a number
		ticks += time.Duration(n)
	}
	return ticks * tick
}

// tool runs a command to its end and returns what it printed.
func tool(ctx context.Context, program string, args ...string) (string, error) {
	out, err := exec.CommandContext(ctx, program, args...).CombinedOutput()
	if err != nil {
		return "", fmt.Errorf("%s %s: %w: %s", filepath.Base(program), strings.Join(args, " "), err, out)
	}
	return string(out), nil
}
