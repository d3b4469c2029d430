package account

import (
	"context"
	"sync"
	"sync/atomic"
	"time"

	"github.com/uptrace/bun"
)

// TokenCache is [TokenIdentity] for servers: programs send their token with every request, and who it stands for is remembered for a
// moment. A token that this process revokes is refused at once, one that another process revokes within [tokenLife].
type TokenCache struct {
	db    bun.IDB
	mu    sync.Mutex
	known map[[32]byte]knownToken
}

// knownToken is what was found out about a token, and until when it is believed.
type knownToken struct {
	who         Identity
	until       time.Time
	revocations int64
}

const (
	tokenLife = time.Second
	maxTokens = 1000 // remembered at once
)

// revocations counts the tokens that this process has revoked; what was found out before the latest is not believed.
var revocations atomic.Int64

// NewTokenCache makes a cache that knows no token yet.
func NewTokenCache(db bun.IDB) *TokenCache {
	return &TokenCache{db: db, known: map[[32]byte]knownToken{}}
}

// Identity is who acts with a token, or a forbidden error.
func (c *TokenCache) Identity(ctx context.Context, token string) (Identity, error) {
	key, now, count := [32]byte(hashSecret(token)), time.Now(), revocations.Load()
	c.mu.Lock()
	found, ok := c.known[key]
	c.mu.Unlock()
	if ok && now.Before(found.until) && found.revocations == count {
		return found.who, nil
	}
	who, err := TokenIdentity(ctx, c.db, token)
	if err != nil {
		return Identity{}, err
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	if len(c.known) >= maxTokens {
		clear(c.known)
	}
	c.known[key] = knownToken{who, now.Add(tokenLife), count}
	return who, nil
}
