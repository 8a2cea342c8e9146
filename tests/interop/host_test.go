// SPDX-License-Identifier: MIT

// Package interop holds udf-host against Kapacitor's own side of the protocol, its package udf:
// as a process, on stdin and stdout, and over its unix socket, each as Kapacitor uses it, and
// each with the algorithm in a worker and without.
//
// $UDF_HOST is the program, $UDF_HOST_PLUGINS the directories of the plugins, with ':' between.
package interop

import (
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"sync"
	"syscall"
	"testing"
	"time"
)

// An opener starts a function anew, as Kapacitor does for each task.
type opener func(timeout time.Duration) *function

// everyWay runs the test with udf-host as a process and with its socket, each supervised and direct.
func everyWay(t *testing.T, test func(t *testing.T, open opener), arguments ...string) {
	supervised(t, test, arguments...)
	direct(t, test, arguments...)
}

// supervised runs the test with the algorithm in a worker.
func supervised(t *testing.T, test func(t *testing.T, open opener), arguments ...string) {
	overBoth(t, "supervised", test, append(arguments, "--isolation", "process"))
}

// direct runs the test with the algorithm in the process that Kapacitor holds.
func direct(t *testing.T, test func(t *testing.T, open opener), arguments ...string) {
	overBoth(t, "direct", test, append(arguments, "--isolation", "none"))
}

func overBoth(t *testing.T, isolation string, test func(t *testing.T, open opener), arguments []string) {
	t.Run(isolation+" process", func(t *testing.T) {
		test(t, func(timeout time.Duration) *function { return startProcess(t, timeout, arguments) })
	})
	t.Run(isolation+" socket", func(t *testing.T) {
		path := listen(t, arguments)
		test(t, func(timeout time.Duration) *function { return dial(t, timeout, path) })
	})
}

func command(arguments []string) *exec.Cmd {
	return exec.Command(os.Getenv("UDF_HOST"), append([]string{"--plugin"}, arguments...)...)
}

// The hosts that were started, for the end that leaves no time for more.
var (
	startedMutex sync.Mutex
	started      []*os.Process
)

func start(t *testing.T, cmd *exec.Cmd) {
	t.Helper()
	startedMutex.Lock()
	defer startedMutex.Unlock()
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	started = append(started, cmd.Process)
}

// TestMain leaves no host behind, however much hangs: the limit of `go test` would.
func TestMain(m *testing.M) {
	time.AfterFunc(4*time.Minute, func() {
		fmt.Println("the tests take too long")
		startedMutex.Lock()
		for _, process := range started {
			_ = process.Kill() // has no effect on one that was waited for
		}
		os.Exit(1)
	})
	os.Exit(m.Run())
}

// startProcess does as UDFProcess of Kapacitor. The pipes are our own: those of exec.Cmd close when
// the process ends, whether or not all was read.
func startProcess(t *testing.T, timeout time.Duration, arguments []string) *function {
	t.Helper()
	f := newFunction(t)
	toHost, fromHost, said := newPipe(t), newPipe(t), newPipe(t)
	cmd := command(arguments)
	cmd.Stdin, cmd.Stdout, cmd.Stderr = toHost.read, fromHost.write, said.write
	start(t, cmd)
	toHost.read.Close()
	fromHost.write.Close()
	said.write.Close()

	kill := func() { _ = cmd.Process.Kill() }
	f.start(fromHost.read, toHost.write, timeout, kill)
	go func() {
		f.log.follow(said.read)
		f.exit = cmd.Wait()
		close(f.gone)
		f.WaitIO()
		if f.exit != nil {
			f.Abort(fmt.Errorf("process exited unexpectedly: %v", f.exit))
		}
	}()
	t.Cleanup(func() {
		go f.Abort(errAborted)
		select {
		case <-f.gone:
		case <-time.After(patience):
			kill()
			t.Error("the process did not end")
		}
	})
	return f
}

type pipe struct{ read, write *os.File }

func newPipe(t *testing.T) pipe {
	t.Helper()
	read, write, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		read.Close()
		write.Close()
	})
	return pipe{read, write}
}

// listen starts udf-host on a socket, whose path it returns.
func listen(t *testing.T, arguments []string) string {
	t.Helper()
	directory, err := os.MkdirTemp("", "udf") // the test's own may be longer than a socket's path can be
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { os.RemoveAll(directory) })
	path := filepath.Join(directory, "socket")
	errors, err := os.Create(filepath.Join(directory, "errors"))
	if err != nil {
		t.Fatal(err)
	}
	defer errors.Close()
	cmd := command(append(arguments, "--socket", path))
	cmd.Stderr = errors
	start(t, cmd)
	ended := make(chan error, 1)
	go func() { ended <- cmd.Wait() }()
	t.Cleanup(func() {
		_ = cmd.Process.Signal(syscall.SIGTERM)
		select {
		case err := <-ended:
			if err != nil {
				t.Errorf("the host ended: %v", err)
			}
		case <-time.After(patience):
			_ = cmd.Process.Kill()
			t.Error("the host did not end at SIGTERM")
		}
		if said, _ := os.ReadFile(errors.Name()); t.Failed() {
			t.Logf("the host said:\n%s", said)
		}
	})
	for until := time.Now().Add(patience); ; time.Sleep(5 * time.Millisecond) {
		conn, err := net.Dial("unix", path)
		if err == nil {
			conn.Close()
			return path
		}
		if time.Now().After(until) {
			t.Fatal(err)
		}
	}
}

// halfClosed is a connection that Kapacitor closes in one direction, to say that its input ends.
type halfClosed struct{ *net.UnixConn }

func (c halfClosed) Close() error { return c.CloseWrite() }

// dial does as UDFSocket of Kapacitor.
func dial(t *testing.T, timeout time.Duration, path string) *function {
	t.Helper()
	conn, err := net.DialUnix("unix", nil, &net.UnixAddr{Name: path, Net: "unix"})
	if err != nil {
		t.Fatal(err)
	}
	f := newFunction(t)
	closed := make(chan struct{})
	go func() {
		if awaitHangUp(t, conn, closed) {
			close(f.gone)
		}
	}()
	f.start(conn, halfClosed{conn}, timeout, func() { conn.Close() })
	t.Cleanup(func() {
		go f.Abort(errAborted)
		select {
		case <-f.gone:
		case <-time.After(patience):
			t.Error("the host did not hang up")
		}
		close(closed)
		conn.Close()
	})
	return f
}

// awaitHangUp sees the other side close the connection without reading from it, which the server may
// have stopped to do. False where `closed` comes first.
func awaitHangUp(t *testing.T, conn *net.UnixConn, closed <-chan struct{}) bool {
	epoll, err := syscall.EpollCreate1(syscall.EPOLL_CLOEXEC)
	if err != nil {
		t.Error(err)
		return false
	}
	defer syscall.Close(epoll)
	raw, err := conn.SyscallConn()
	if err == nil {
		err = raw.Control(func(fd uintptr) {
			// Without an event: hanging up is told in any case, and input is not.
			event := syscall.EpollEvent{Fd: int32(fd)}
			if e := syscall.EpollCtl(epoll, syscall.EPOLL_CTL_ADD, int(fd), &event); e != nil {
				t.Error(e)
			}
		})
	}
	if err != nil {
		t.Error(err)
		return false
	}
	for {
		events := make([]syscall.EpollEvent, 1)
		if n, _ := syscall.EpollWait(epoll, events, 20); n == 1 {
			return true
		}
		select {
		case <-closed:
			return false
		default:
		}
	}
}
