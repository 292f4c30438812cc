package main

import (
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"os"

	jsonpatch "github.com/evanphx/json-patch/v5"
	admissionv1 "k8s.io/api/admission/v1"
	appsv1 "k8s.io/api/apps/v1"
	apiequality "k8s.io/apimachinery/pkg/api/equality"
	"k8s.io/apimachinery/pkg/util/diff"
)

// equal compares two answers to a review.
func equal(arguments []string) error {
	flags := flag.NewFlagSet("equal", flag.ExitOnError)
	review := flags.String("review", "", "the review")
	_ = flags.Parse(arguments)
	if flags.NArg() != 2 {
		return errors.New("two answers to compare are needed")
	}
	var texts [3][]byte
	for i, file := range []string{*review, flags.Arg(0), flags.Arg(1)} {
		var err error
		if texts[i], err = os.ReadFile(file); err != nil {
			return err
		}
	}
	return doTheSame(texts[0], texts[1], texts[2])
}

// doTheSame compares two answers to a review of a workload by what the API server would make of each: an object of the same type, as it
// decodes the patched one. A patch that was made by way of types has operations more, which then come to nothing.
func doTheSame(review []byte, answers ...[]byte) error {
	var asked admissionv1.AdmissionReview
	if err := json.Unmarshal(review, &asked); err != nil {
		return err
	}
	made := [2]any{new(appsv1.StatefulSet), new(appsv1.StatefulSet)}
	if asked.Request.Kind.Kind == "Deployment" {
		made = [2]any{new(appsv1.Deployment), new(appsv1.Deployment)}
	}
	for i, answer := range answers {
		if err := patched(asked.Request, answer, made[i]); err != nil {
			return err
		}
	}
	if !apiequality.Semantic.DeepEqual(made[0], made[1]) {
		return fmt.Errorf("the two answers do not do the same, so that nothing can be compared: %s", diff.Diff(made[0], made[1]))
	}
	return nil
}

func patched(request *admissionv1.AdmissionRequest, answer []byte, into any) error {
	var review admissionv1.AdmissionReview
	if err := json.Unmarshal(answer, &review); err != nil {
		return err
	}
	response := review.Response
	if response == nil || response.UID != request.UID || !response.Allowed || len(response.Patch) == 0 {
		return errors.New("it is no answer to this review with a patch")
	}
	patch, err := jsonpatch.DecodePatch(response.Patch)
	if err != nil {
		return err
	}
	object, err := patch.Apply(request.Object.Raw)
	if err != nil {
		return err
	}
	if object, err = canonical(object); err != nil {
		return err
	}
	return json.Unmarshal(object, into)
}

// canonical writes the JSON in the annotation that tells of the edits in the one way that Go has for it.
func canonical(workload []byte) ([]byte, error) {
	var object map[string]any
	if err := json.Unmarshal(workload, &object); err != nil {
		return nil, err
	}
	at := object
	for _, field := range []string{"spec", "template", "metadata", "annotations"} {
		at, _ = at[field].(map[string]any)
	}
	text, found := at["rwop-guard.io/mutated"].(string)
	if !found {
		return nil, errors.New("the annotation of the edits is missing")
	}
	var edits any
	if err := json.Unmarshal([]byte(text), &edits); err != nil {
		return nil, err
	}
	inOrder, err := json.Marshal(edits)
	if err != nil {
		return nil, err
	}
	at["rwop-guard.io/mutated"] = string(inOrder)
	return json.Marshal(object)
}
