package main

// In:  one OpenAPI v3 schema as decoded JSON (maps, slices, json.Number).
// Out: the same schema without documentation, with short references, as
//      canonical JSON (sorted keys, no spaces).
// Never: drops a keyword that decides whether a manifest is valid.

import (
	"bytes"
	"encoding/json"
	"fmt"
	"strings"
)

const referencePrefix = "#/components/schemas/"

// documentationKeywords say nothing about validity. They are dropped only
// where a schema is expected: below "properties" the same words are the names
// of fields, and CRDs do have fields called "description" and "title".
var documentationKeywords = map[string]bool{
	"description":  true,
	"title":        true,
	"example":      true,
	"examples":     true,
	"externalDocs": true,
}

// Where a schema keyword holds further schemas.
var (
	namedSchemaKeywords  = map[string]bool{"properties": true, "patternProperties": true, "definitions": true, "dependencies": true}
	singleSchemaKeywords = map[string]bool{"items": true, "additionalItems": true, "additionalProperties": true, "not": true}
	listSchemaKeywords   = map[string]bool{"allOf": true, "anyOf": true, "oneOf": true, "items": true}
)

// simplifySchema returns a copy of the schema without documentation and with
// short references. Values of all other keywords (default, enum, every
// x-kubernetes-*) are data, not schemas, and pass through untouched: the
// "message" of a validation rule, or a default that has a "description" key,
// survive.
func simplifySchema(value any) any {
	schema, isObject := value.(map[string]any)
	if !isObject {
		return value // additionalProperties: true, and the like
	}
	result := make(map[string]any, len(schema))
	for keyword, content := range schema {
		switch {
		case documentationKeywords[keyword]:
			continue
		case keyword == "$ref":
			if reference, isText := content.(string); isText {
				content = strings.TrimPrefix(reference, referencePrefix)
			}
			result[keyword] = content
		case namedSchemaKeywords[keyword]:
			result[keyword] = simplifyNamedSchemas(content)
		default:
			result[keyword] = simplifyNested(keyword, content)
		}
	}
	return flattenReference(result)
}

func simplifyNested(keyword string, content any) any {
	if schemas, isList := content.([]any); isList && listSchemaKeywords[keyword] {
		simplified := make([]any, len(schemas))
		for index, schema := range schemas {
			simplified[index] = simplifySchema(schema)
		}
		return simplified
	}
	if singleSchemaKeywords[keyword] {
		return simplifySchema(content)
	}
	return content
}

func simplifyNamedSchemas(content any) any {
	schemas, isObject := content.(map[string]any)
	if !isObject {
		return content
	}
	simplified := make(map[string]any, len(schemas))
	for name, schema := range schemas {
		simplified[name] = simplifySchema(schema)
	}
	return simplified
}

// flattenReference turns {"allOf":[{"$ref":R}], ...} into {"$ref":R, ...}.
// Kubernetes writes the first form only because OpenAPI 3.0 forbids keywords
// beside a $ref; readers of the bundle treat siblings of $ref as valid.
func flattenReference(schema map[string]any) map[string]any {
	branches, isList := schema["allOf"].([]any)
	if !isList || len(branches) != 1 {
		return schema
	}
	branch, isObject := branches[0].(map[string]any)
	if !isObject || len(branch) != 1 {
		return schema
	}
	reference, isText := branch["$ref"].(string)
	if _, taken := schema["$ref"]; !isText || taken {
		return schema
	}
	delete(schema, "allOf")
	schema["$ref"] = reference
	return schema
}

// collectReferences adds every $ref of a simplified schema to the set.
func collectReferences(value any, references map[string]bool) {
	schema, isObject := value.(map[string]any)
	if !isObject {
		return
	}
	if reference, isText := schema["$ref"].(string); isText {
		references[reference] = true
	}
	for keyword, content := range schema {
		switch nested := content.(type) {
		case []any:
			if listSchemaKeywords[keyword] {
				for _, branch := range nested {
					collectReferences(branch, references)
				}
			}
		case map[string]any:
			if namedSchemaKeywords[keyword] {
				for _, field := range nested {
					collectReferences(field, references)
				}
			} else if singleSchemaKeywords[keyword] {
				collectReferences(nested, references)
			}
		}
	}
}

// canonicalJSON is compact, has sorted keys and leaves <, > and & alone.
func canonicalJSON(value any) (string, error) {
	var buffer bytes.Buffer
	encoder := json.NewEncoder(&buffer)
	encoder.SetEscapeHTML(false)
	if err := encoder.Encode(value); err != nil {
		return "", err
	}
	return strings.TrimSuffix(buffer.String(), "\n"), nil
}

// decodeJSON keeps numbers as text: limits such as 9223372036854775807 do not
// survive a float64.
func decodeJSON(content []byte, target any) error {
	decoder := json.NewDecoder(bytes.NewReader(content))
	decoder.UseNumber()
	if err := decoder.Decode(target); err != nil {
		return fmt.Errorf("decode: %w", err)
	}
	return nil
}
