// Package account says who may come in and what they may see: users and their passwords, tokens for programs, web
// sessions, the link that makes the first administrator, and the [Identity] that every request acts under. Secrets are
// stored only as hashes.
package account
