//! A real Conversations server for tests: databases, server, client, fixtures, contract suite
