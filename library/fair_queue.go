package library

import "slices"

// waitingCall is a call that waits for a worker.
type waitingCall struct {
	client   string
	admitted chan error // gets nil with a worker, or the reason for a refusal; has room for one
}

// fairQueue is a queue in which clients take turns. The calls of one client keep their order. The zero value
// is an empty queue.
type fairQueue struct {
	turns    []string                  // clients with waiting calls; the first one is next
	byClient map[string][]*waitingCall // in order of arrival
	calls    int
}

// of returns the number of a client's calls.
func (q *fairQueue) of(client string) int { return len(q.byClient[client]) }

// push appends a call. A client that has no other call gets the last turn.
func (q *fairQueue) push(call *waitingCall) {
	if q.byClient == nil {
		q.byClient = map[string][]*waitingCall{}
	}
	if q.of(call.client) == 0 {
		q.turns = append(q.turns, call.client)
	}
	q.byClient[call.client] = append(q.byClient[call.client], call)
	q.calls++
}

// pop removes the first call of the client whose turn it is. That client's next turn comes last. The queue
// must not be empty.
func (q *fairQueue) pop() *waitingCall {
	client := q.turns[0]
	call := q.byClient[client][0]
	q.remove(call)
	if q.of(client) > 0 {
		q.turns = append(q.turns[1:], client)
	}
	return call
}

// popLast removes the last call of a client, which must have one.
func (q *fairQueue) popLast(client string) *waitingCall {
	call := q.byClient[client][q.of(client)-1]
	q.remove(call)
	return call
}

// remove removes a call. It reports false if the queue does not have it.
func (q *fairQueue) remove(call *waitingCall) bool {
	i := slices.Index(q.byClient[call.client], call)
	if i < 0 {
		return false
	}
	q.calls--
	q.byClient[call.client] = slices.Delete(q.byClient[call.client], i, i+1)
	if q.of(call.client) == 0 {
		delete(q.byClient, call.client)
		i := slices.Index(q.turns, call.client)
		q.turns = slices.Delete(q.turns, i, i+1)
	}
	return true
}

// busiest returns the client with most calls.
func (q *fairQueue) busiest() (client string) {
	for _, c := range q.turns {
		if q.of(c) > q.of(client) {
			client = c
		}
	}
	return client
}
