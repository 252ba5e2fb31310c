package main

// In:  a fragment of a generated lifecycle file and small tables.
// Out: proof that plans are read, and corrected by what releases serve.
// Never: needs the network.

import (
	"reflect"
	"testing"
)

const testLifecycle = `package v1beta1

func (in *Widget) APILifecycleIntroduced() (major, minor int) { return 1, 20 }
func (in *Widget) APILifecycleDeprecated() (major, minor int) { return 1, 23 }
func (in *Widget) APILifecycleRemoved() (major, minor int) { return 1, 26 }
func (in *Widget) APILifecycleReplacement() schema.GroupVersionKind {
	return schema.GroupVersionKind{Group: "test", Version: "v1", Kind: "Widget"}
}
func (in *WidgetList) APILifecycleIntroduced() (major, minor int) { return 1, 20 }
`

func widget(version string) groupVersionKind { return groupVersionKind{"test", version, "Widget"} }

func TestParseLifecycle(t *testing.T) {
	entries, err := parseLifecycle(moduleFile{"file.go", []byte(testLifecycle)}, "test", "v1beta1")
	if err != nil {
		t.Fatal(err)
	}
	successor := widget("v1")
	want := []lifecycleEntry{{widget("v1beta1"), "1.20", "1.23", "1.26", &successor}}
	if !reflect.DeepEqual(entries, want) {
		t.Errorf("entries %+v", entries)
	}
}

func TestReconcileLifecycle(t *testing.T) {
	merged := mergeLifecycle([]lifecycleEntry{
		{widget("v1alpha1"), "1.20", "1.33", "1.36", nil},
		{widget("v1beta1"), "1.20", "1.23", "1.31", nil},
	})
	kinds := []kubernetesKind{
		{groupVersionKind: widget("v1alpha1"), Last: "1.30"},
		{groupVersionKind: widget("v1beta1")},
		{groupVersionKind: widget("v1"), First: "1.31"},
	}
	reconcileLifecycle(merged, kinds, "1.32")
	completeReplacements(merged, kinds)
	successor := widget("v1")
	want := []lifecycleEntry{
		{widget("v1"), "1.31", "", "", nil},
		{widget("v1alpha1"), "1.20", "1.31", "1.31", &successor},
		{widget("v1beta1"), "1.20", "1.23", "", &successor},
	}
	if got := sortLifecycle(merged); !reflect.DeepEqual(got, want) {
		t.Errorf("got %+v", got)
	}
}

func TestTableOnlyFillsGaps(t *testing.T) {
	merged := mergeLifecycle([]lifecycleEntry{{widget("v1"), "1.5", "", "", nil}})
	fillLifecycle(merged, []lifecycleEntry{{widget("v1"), "1.1", "1.30", "", nil}})
	if got := *merged[widget("v1")]; got.Introduced != "1.5" || got.Deprecated != "1.30" {
		t.Errorf("got %+v", got)
	}
}

func TestStability(t *testing.T) {
	ordered := []string{"v1alpha1", "v1alpha2", "v1beta1", "v2beta1", "v1", "v2"}
	for index := 1; index < len(ordered); index++ {
		if stability(ordered[index-1]) >= stability(ordered[index]) {
			t.Errorf("%s is not below %s", ordered[index-1], ordered[index])
		}
	}
}
