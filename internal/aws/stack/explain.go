package stack

import (
	"errors"
	"fmt"
	"strings"

	"github.com/aws/aws-sdk-go-v2/config"
	"github.com/aws/smithy-go"
	smithyhttp "github.com/aws/smithy-go/transport/http"
)

// Explain says in plain words what people can mend of what AWS refuses; any
// other error is returned as it is.
func Explain(err error) error {
	var profile config.SharedConfigProfileNotExistError
	if errors.As(err, &profile) {
		return fmt.Errorf("there is no profile %s for AWS; name another by AWS_PROFILE, or set this one up as for the aws command", profile.Profile)
	}
	var unsent *smithyhttp.RequestSendError
	if errors.As(err, &unsent) {
		return fmt.Errorf("AWS cannot be reached; is there a way from here to the Internet? (%w)", err)
	}
	var refused smithy.APIError
	if !errors.As(err, &refused) {
		return err
	}
	switch refused.ErrorCode() {
	case "AccessDenied", "AccessDeniedException":
		return fmt.Errorf("your credentials for AWS lack the right %s: ask whoever looks after the account for it (%w)", rightOf(err), err)
	case "ExpiredToken", "ExpiredTokenException", "InvalidClientTokenId", "UnrecognizedClientException", "RequestExpired", "SignatureDoesNotMatch", "InvalidSignatureException":
		return fmt.Errorf("AWS does not take your credentials, or no more: log in again (%w)", err)
	default:
		return err
	}
}

// rightOf names the right that a call takes.
func rightOf(err error) string {
	var call *smithy.OperationError
	if !errors.As(err, &call) {
		return "for this"
	}
	operation := call.Operation()
	if right, is := rights[call.Service()+" "+operation]; is {
		operation = right
	}
	return strings.ToLower(strings.ReplaceAll(call.Service(), " ", "")) + ":" + operation
}

// rights are those that have another name than the operation they are for.
var rights = map[string]string{
	"Lambda Invoke":    "InvokeFunction",
	"S3 ListObjectsV2": "ListBucket",
}

// isMissing says whether there is no such stack, which CloudFormation words as
// a mistake in the request
// (https://docs.aws.amazon.com/AWSCloudFormation/latest/APIReference/API_DescribeStacks.html).
func isMissing(err error) bool {
	var refused smithy.APIError
	return errors.As(err, &refused) && refused.ErrorCode() == "ValidationError" && strings.Contains(refused.ErrorMessage(), "does not exist")
}
