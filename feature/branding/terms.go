package branding

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"net/url"
	"slices"

	"cardea/engine/access"
	"cardea/platform/db"
	"cardea/record/terms"
	"cardea/spec/awsjson"
	"cardea/spec/cognitoidp"
	"cardea/spec/id"
)

// fallback is the language that a document must have: it stands for all that it lacks.
const fallback = "cognito:default"

// mostTerms is how many documents one page lists.
const mostTerms = 60

// CreateTerms gives a client a document.
func (s *Service) CreateTerms(ctx context.Context, in *cognitoidp.CreateTermsRequest) (*cognitoidp.CreateTermsResponse, error) {
	if err := checkLinks(in.Links); err != nil {
		return nil, err
	}
	made := &terms.Terms{
		TermsId: id.NewUUID(), UserPoolId: in.UserPoolId, ClientId: in.ClientId, TermsName: in.TermsName, TermsSource: in.TermsSource,
		Enforcement: in.Enforcement, Links: in.Links,
	}
	err := s.DB.Write(ctx, func(tx *db.Tx) error {
		if _, _, err := access.PoolClient(tx, in.UserPoolId, in.ClientId); err != nil {
			return err
		}
		made.CreationDate, made.LastModifiedDate = awsjson.At(tx.Now), awsjson.At(tx.Now)
		err := terms.Insert(tx, made)
		if errors.Is(err, db.ErrExists) {
			return exists(in.TermsName)
		}
		return err
	})
	if err != nil {
		return nil, err
	}
	return &cognitoidp.CreateTermsResponse{Terms: made}, nil
}

// DescribeTerms shows a document.
func (s *Service) DescribeTerms(ctx context.Context, in *cognitoidp.DescribeTermsRequest) (*cognitoidp.DescribeTermsResponse, error) {
	out := &cognitoidp.DescribeTermsResponse{}
	err := s.DB.Read(ctx, func(tx *db.Tx) (err error) {
		out.Terms, err = s.terms(tx, in.UserPoolId, in.TermsId)
		return err
	})
	if err != nil {
		return nil, err
	}
	return out, nil
}

// DescribeTermsByClient shows the document of a client that has a name.
func (s *Service) DescribeTermsByClient(ctx context.Context, in *cognitoidp.DescribeTermsByClientRequest) (*cognitoidp.DescribeTermsByClientResponse, error) {
	out := &cognitoidp.DescribeTermsByClientResponse{}
	err := s.DB.Read(ctx, func(tx *db.Tx) error {
		p, c, err := access.PoolClient(tx, in.UserPoolId, in.ClientId)
		if err != nil {
			return err
		}
		out.Terms, err = terms.Find(tx, p.ID, c.ID, in.TermsName)
		return found(err, "Terms", in.TermsName)
	})
	if err != nil {
		return nil, err
	}
	return out, nil
}

// UpdateTerms changes the members of a document that the request gives, and leaves the others as they are.
func (s *Service) UpdateTerms(ctx context.Context, in *cognitoidp.UpdateTermsRequest) (*cognitoidp.UpdateTermsResponse, error) {
	if in.Links != nil {
		if err := checkLinks(in.Links); err != nil {
			return nil, err
		}
	}
	out := &cognitoidp.UpdateTermsResponse{}
	err := s.DB.Write(ctx, func(tx *db.Tx) error {
		t, err := s.terms(tx, in.UserPoolId, in.TermsId)
		if err != nil {
			return err
		}
		if in.TermsName != "" && in.TermsName != t.TermsName {
			_, err := terms.Find(tx, id.Pool(in.UserPoolId), id.Client(t.ClientId), in.TermsName)
			if err == nil {
				return exists(in.TermsName)
			}
			if !errors.Is(err, db.ErrNotFound) {
				return fmt.Errorf("look for terms of the name: %w", err)
			}
			t.TermsName = in.TermsName
		}
		if in.Links != nil {
			t.Links = in.Links
		}
		t.LastModifiedDate = awsjson.At(tx.Now) // TermsSource and Enforcement have one value each
		out.Terms = t
		return terms.Update(tx, t)
	})
	if err != nil {
		return nil, err
	}
	return out, nil
}

// DeleteTerms removes a document.
func (s *Service) DeleteTerms(ctx context.Context, in *cognitoidp.DeleteTermsRequest) error {
	return s.DB.Write(ctx, func(tx *db.Tx) error {
		p, err := access.Pool(tx, in.UserPoolId)
		if err != nil {
			return err
		}
		return found(terms.Delete(tx, p.ID, in.TermsId), "Terms", in.TermsId)
	})
}

// ListTerms lists the documents of a pool, without their links.
func (s *Service) ListTerms(ctx context.Context, in *cognitoidp.ListTermsRequest) (*cognitoidp.ListTermsResponse, error) {
	binding := "ListTerms/" + in.UserPoolId
	after, err := s.Pages.Decode(binding, in.NextToken)
	if err != nil {
		return nil, cognitoidp.InvalidParameter("Invalid pagination token.")
	}
	limit := mostTerms
	if in.MaxResults > 0 {
		limit = min(limit, int(in.MaxResults))
	}
	var list []*terms.Terms
	err = s.DB.Read(ctx, func(tx *db.Tx) error {
		p, err := access.Pool(tx, in.UserPoolId)
		if err != nil {
			return err
		}
		list, err = terms.List(tx, p.ID, after, limit+1) // one more tells whether there is a next page
		return err
	})
	if err != nil {
		return nil, err
	}
	out := &cognitoidp.ListTermsResponse{Terms: []cognitoidp.TermsDescriptionType{}}
	if len(list) > limit {
		list = list[:limit]
		out.NextToken = s.Pages.Encode(binding, list[limit-1].TermsId)
	}
	for _, t := range list {
		out.Terms = append(out.Terms, cognitoidp.TermsDescriptionType{
			TermsId: t.TermsId, TermsName: t.TermsName, Enforcement: t.Enforcement, CreationDate: t.CreationDate, LastModifiedDate: t.LastModifiedDate,
		})
	}
	return out, nil
}

// terms finds a document of a pool.
func (s *Service) terms(tx *db.Tx, poolID, termsID string) (*terms.Terms, error) {
	p, err := access.Pool(tx, poolID)
	if err != nil {
		return nil, err
	}
	t, err := terms.Get(tx, p.ID, termsID)
	return t, found(err, "Terms", termsID)
}

// checkLinks refuses links that pages could not show: each must be an address on the web, and one must be for all languages.
func checkLinks(links map[string]string) error {
	if links[fallback] == "" {
		return cognitoidp.InvalidParameter("Links must include " + fallback + ".")
	}
	for _, language := range slices.Sorted(maps.Keys(links)) {
		u, err := url.Parse(links[language])
		if err != nil || u.Scheme != "https" && u.Scheme != "http" || u.Host == "" || u.User != nil {
			return cognitoidp.InvalidParameter("The link for " + language + " is not an http or https address.")
		}
	}
	return nil
}

func exists(name string) error {
	return cognitoidp.TermsExists("The client already has terms with the name " + name + ".")
}
