package dnsx

// ListenBoth listens for UDP and TCP on one port of loopback.
var ListenBoth = listenBoth
