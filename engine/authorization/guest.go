package authorization

// guestPolicyARN is the managed policy that narrows sessions of guests together with guestServices.
const guestPolicyARN = "arn:aws:iam::aws:policy/AmazonCognitoUnAuthedIdentitiesSessionPolicy"

// guestServices is what sessions of guests of the enhanced flow may use, if their role allows it; see
// docs/cognito/credentials.md, "Choice of the role".
const guestServices = `{
	"Version": "2012-10-17",
	"Statement": [{
		"Effect": "Allow",
		"Resource": "*",
		"Action": [
			"rum:PutRumEvents", "sagemaker:InvokeEndpoint", "polly:*", "comprehend:*", "translate:*", "transcribe:*",
			"rekognition:*", "mobiletargeting:*", "firehose:*", "appsync:*", "personalize:*", "cognito-sync:*",
			"codewhisperer:*", "textract:DetectDocumentText", "textract:AnalyzeDocument", "cloudwatch:*", "logs:*",
			"dynamodb:*", "kinesis:*", "kinesisanalytics:*", "mobileanalytics:*", "s3:*", "ses:*", "sns:*", "sqs:*",
			"lambda:*", "machinelearning:*", "execute-api:*", "iot:*", "gamelift:*", "scs:*", "sdb:*", "geo:*",
			"cognito-identity:*", "cognito-idp:*", "lex:*", "sumerian:View*",
			"kms:Encrypt", "kms:Decrypt", "kms:ReEncrypt*", "kms:GenerateDataKey*"
		]
	}]
}`
