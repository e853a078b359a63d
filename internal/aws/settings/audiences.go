package settings

import "sealpost/internal/told"

const audiencesFile = "audiences.json"

// PutAudiences writes audiences into the folder of a function's program.
func PutAudiences(folder string, audiences []told.Audience) error {
	return putBeside(folder, audiencesFile, audiences)
}

// Audiences reads what [PutAudiences] wrote.
func Audiences(folder string) ([]told.Audience, error) {
	return beside[[]told.Audience](folder, audiencesFile)
}
