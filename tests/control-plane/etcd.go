// The `etcd` part: one member, thrown away after the test.
//
// In: the few flags of the real etcd that a single member needs, so that `serve` can start either.
// Out: a store that answers on the client address until the process ends.
// Never: it does not make writes durable. A test's data is not worth the wait for the disk.
package main

import (
	"errors"
	"flag"
	"fmt"
	"net/url"
	"time"

	"go.etcd.io/etcd/server/v3/embed"
)

func runEtcd(arguments []string) error {
	config := embed.NewConfig()
	config.LogLevel = "error"
	flags := flag.NewFlagSet("etcd", flag.ContinueOnError)
	flags.StringVar(&config.Dir, "data-dir", "", "folder of the store")
	flags.BoolVar(&config.UnsafeNoFsync, "unsafe-no-fsync", false, "do not wait for the disk")
	clientAddress := flags.String("listen-client-urls", "", "where clients connect")
	_ = flags.String("advertise-client-urls", "", "the same address again, as the real etcd wants it")
	peerAddress := flags.String("listen-peer-urls", "", "where other members would connect")
	if err := flags.Parse(arguments); err != nil {
		return err
	}
	if config.Dir == "" {
		return errors.New("etcd needs --data-dir")
	}
	client, err := url.Parse(*clientAddress)
	if err != nil {
		return fmt.Errorf("--listen-client-urls: %w", err)
	}
	peer, err := url.Parse(*peerAddress)
	if err != nil {
		return fmt.Errorf("--listen-peer-urls: %w", err)
	}
	config.ListenClientUrls, config.AdvertiseClientUrls = []url.URL{*client}, []url.URL{*client}
	config.ListenPeerUrls, config.AdvertisePeerUrls = []url.URL{*peer}, []url.URL{*peer}
	config.InitialCluster = config.InitialClusterFromName(config.Name)

	member, err := embed.StartEtcd(config)
	if err != nil {
		return err
	}
	defer member.Close()
	select {
	case <-member.Server.ReadyNotify():
	case <-time.After(30 * time.Second):
		return errors.New("etcd did not become ready within 30 seconds")
	}
	return <-member.Err()
}
