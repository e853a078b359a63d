// Package dynamotest runs tests against programs that behave like DynamoDB.
package dynamotest

import (
	"bufio"
	"bytes"
	"fmt"
	"os"
	"os/exec"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
)

// dynalite listens on a free port, tells it, and ends when its input does: then
// whoever started it is gone.
const dynalite = `
const server = require('dynalite')({createTableMs: 0, deleteTableMs: 0})
server.listen(0, '127.0.0.1', () => console.log('http://127.0.0.1:' + server.address().port))
process.stdin.on('end', () => process.exit()).resume()
`

// Dynalite starts one for a test, and gives its address. A test that lacks it is
// skipped, or fails where the variable CI is set.
func Dynalite(t *testing.T) string {
	t.Helper()
	command := exec.CommandContext(t.Context(), "node", "-e", dynalite)
	var said bytes.Buffer
	command.Stderr = &said
	input, err := command.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	output, err := command.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := command.Start(); err != nil {
		missing(t, fmt.Sprintf("node does not run: %v", err))
	}
	address, err := bufio.NewReader(output).ReadString('\n')
	if err != nil {
		input.Close()
		command.Wait() //nolint:errcheck // It has failed; what it said tells more.
		missing(t, fmt.Sprintf("dynalite does not run; npm ci installs it:\n%s", &said))
	}
	t.Cleanup(func() {
		input.Close()
		if err := command.Wait(); err != nil && t.Context().Err() == nil {
			t.Errorf("dynalite: %v\n%s", err, &said)
		}
	})
	return strings.TrimSpace(address)
}

func missing(t *testing.T, what string) {
	t.Helper()
	if os.Getenv("CI") != "" {
		t.Fatal(what)
	}
	t.Skip(what)
}

// Client asks the program at an address.
func Client(endpoint string) *dynamodb.Client {
	return dynamodb.New(dynamodb.Options{
		Region:       "us-east-1",
		BaseEndpoint: &endpoint,
		Credentials:  credentials.NewStaticCredentialsProvider("test", "test", ""),
	})
}

var tables atomic.Int64

// Table makes an empty table for what is published, as the stack does, and gives
// its name.
func Table(t *testing.T, client *dynamodb.Client) string {
	t.Helper()
	return table(t, client, "policy_state", "pk", "sk")
}

// ItemTable does so for the policies that people edit.
func ItemTable(t *testing.T, client *dynamodb.Client) string {
	t.Helper()
	return table(t, client, "policies", "domain")
}

func table(t *testing.T, client *dynamodb.Client, name string, keys ...string) string {
	t.Helper()
	name = fmt.Sprintf("%s_%d_%d", name, os.Getpid(), tables.Add(1))
	input := &dynamodb.CreateTableInput{TableName: &name, BillingMode: types.BillingModePayPerRequest}
	for i, key := range keys {
		input.AttributeDefinitions = append(input.AttributeDefinitions, types.AttributeDefinition{AttributeName: &key, AttributeType: types.ScalarAttributeTypeS})
		input.KeySchema = append(input.KeySchema, types.KeySchemaElement{AttributeName: &key, KeyType: []types.KeyType{types.KeyTypeHash, types.KeyTypeRange}[i]})
	}
	if _, err := client.CreateTable(t.Context(), input); err != nil {
		t.Fatalf("make a table: %v", err)
	}
	waiter := dynamodb.NewTableExistsWaiter(client, func(o *dynamodb.TableExistsWaiterOptions) { o.MinDelay = 10 * time.Millisecond })
	if err := waiter.Wait(t.Context(), &dynamodb.DescribeTableInput{TableName: &name}, time.Minute); err != nil {
		t.Fatalf("wait for the table: %v", err)
	}
	return name
}
