package settings

import "sealpost/internal/weekly"

const audiencesFile = "audiences.json"

// PutAudiences writes audiences into the folder of a function's program.
func PutAudiences(folder string, audiences []weekly.Audience) error {
	return putBeside(folder, audiencesFile, audiences)
}

// Audiences reads what [PutAudiences] wrote.
func Audiences(folder string) ([]weekly.Audience, error) {
	return beside[[]weekly.Audience](folder, audiencesFile)
}
