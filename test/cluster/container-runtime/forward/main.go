// Command forward makes a TCP port of another network namespace one of this
// machine: `forward 127.0.0.1:6443 /proc/1234/ns/net` listens here and connects
// to the same address there. It writes `ready` when it listens.
//
// A socket stays in the namespace in which it was made. So it listens, and then
// becomes itself, inside of the other namespace, with the socket in hand.
package main

import (
	"fmt"
	"io"
	"net"
	"os"
	"os/exec"
	"syscall"
)

func main() {
	var err error
	if len(os.Args) != 3 {
		err = fmt.Errorf("usage: forward <address> <network namespace>")
	} else if os.Args[1] == inside {
		err = serve(os.Args[2])
	} else {
		err = enter(os.Args[1], os.Args[2])
	}
	fmt.Fprintln(os.Stderr, "forward:", err)
	os.Exit(1)
}

const (
	inside     = "inside"
	descriptor = 9
)

func enter(address, namespace string) error {
	listener, err := net.Listen("tcp", address)
	if err != nil {
		return err
	}
	file, err := listener.(*net.TCPListener).File()
	if err != nil {
		return err
	}
	if err := syscall.Dup3(int(file.Fd()), descriptor, 0); err != nil {
		return err
	}
	nsenter, err := exec.LookPath("nsenter")
	if err != nil {
		return err
	}
	self, err := os.Executable()
	if err != nil {
		return err
	}
	arguments := []string{nsenter, "--net=" + namespace, "--", self, inside, address}
	return syscall.Exec(nsenter, arguments, os.Environ())
}

func serve(address string) error {
	listener, err := net.FileListener(os.NewFile(descriptor, "listener"))
	if err != nil {
		return err
	}
	fmt.Println("ready")
	for {
		connection, err := listener.Accept()
		if err != nil {
			return err
		}
		go join(connection.(*net.TCPConn), address)
	}
}

func join(outer *net.TCPConn, address string) {
	connection, err := net.Dial("tcp", address)
	if err != nil {
		outer.SetLinger(0) // the client sees a reset, as it would of a port that nobody listens on
		outer.Close()
		return
	}
	inner := connection.(*net.TCPConn)
	done := make(chan struct{})
	go func() {
		pass(inner, outer)
		close(done)
	}()
	pass(outer, inner)
	<-done
	outer.Close()
	inner.Close()
}

// pass copies until the end and hands on the end, as it was: a close or a reset.
func pass(to, from *net.TCPConn) {
	if _, err := io.Copy(to, from); err != nil {
		to.SetLinger(0)
		to.Close()
		from.Close()
		return
	}
	to.CloseWrite()
}
