package domains

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"cardea/engine/access"
	"cardea/engine/certificate"
	"cardea/engine/issuer"
	"cardea/platform/caller"
	"cardea/platform/db"
	"cardea/record/domain"
	"cardea/record/pool"
	"cardea/record/ssosession"
	"cardea/spec/awsjson"
	"cardea/spec/cognitoidp"
)

// Service answers the operations on domains.
type Service struct {
	DB      *db.DB
	Sites   *issuer.Sites
	Account string // that pools belong to
	Region  string // of prefixes, when the request has none

	Certificates *certificate.Chooser // nil: connections end at a proxy
}

var _ cognitoidp.Domains = (*Service)(nil)

// versionForm is a moment as the version of a domain.
const versionForm = "20060102150405"

// CreateUserPoolDomain gives a pool a prefix or, with a certificate, a custom domain.
func (s *Service) CreateUserPoolDomain(ctx context.Context, in *cognitoidp.CreateUserPoolDomainRequest) (*cognitoidp.CreateUserPoolDomainResponse, error) {
	version, err := loginVersion(in.ManagedLoginVersion, 1)
	if err != nil {
		return nil, err
	}
	name := domain.Name{Text: in.Domain}
	if in.CustomDomainConfig != nil {
		err = s.checkCustom(in.Domain, in.CustomDomainConfig)
	} else {
		err = s.checkPrefix(in.Domain)
	}
	if err != nil {
		return nil, err
	}

	err = s.DB.Write(ctx, func(tx *db.Tx) error {
		p, err := access.Pool(tx, in.UserPoolId)
		if err != nil {
			return err
		}
		if in.CustomDomainConfig == nil {
			name.Region = p.ID.Region()
		}
		if present(p, name) != "" {
			return cognitoidp.InvalidParameter("User pool already has a domain configured.")
		}
		d := &domain.Domain{Name: name, Pool: p.ID}
		d.Doc.CustomDomainConfig, d.Doc.ManagedLoginVersion, d.Doc.Routing = in.CustomDomainConfig, version, in.Routing
		d.Doc.Version = tx.Now.Format(versionForm)
		err = domain.Insert(tx, d)
		if errors.Is(err, db.ErrExists) {
			return cognitoidp.InvalidParameter("Domain already associated with another user pool.")
		}
		if err != nil {
			return err
		}
		return s.show(tx, p, name, in.Domain)
	})
	if err != nil {
		return nil, err
	}
	return &cognitoidp.CreateUserPoolDomainResponse{ManagedLoginVersion: version, CloudFrontDomain: s.target(name), Routing: in.Routing}, nil
}

// DescribeUserPoolDomain shows a domain. Of one that does not exist the description is empty.
func (s *Service) DescribeUserPoolDomain(ctx context.Context, in *cognitoidp.DescribeUserPoolDomainRequest) (*cognitoidp.DescribeUserPoolDomainResponse, error) {
	region := caller.From(ctx).Region
	if region == "" {
		region = s.Region
	}
	shown := &cognitoidp.DomainDescriptionType{}
	err := s.DB.Read(ctx, func(tx *db.Tx) error {
		d, err := domain.Find(tx, nameOf(in.Domain, region))
		if errors.Is(err, db.ErrNotFound) {
			return nil
		}
		if err != nil {
			return fmt.Errorf("find domain: %w", err)
		}
		if d.Pool.Region() != region {
			return nil // each of AWS's Regions knows its own pools only
		}
		shown = s.described(d)
		return nil
	})
	if err != nil {
		return nil, err
	}
	return &cognitoidp.DescribeUserPoolDomainResponse{DomainDescription: shown}, nil
}

// described is what operations show of a domain.
func (s *Service) described(d *domain.Domain) *cognitoidp.DomainDescriptionType {
	shown := d.Doc
	shown.UserPoolId = string(d.Pool)
	shown.AWSAccountId = s.Account
	shown.Domain = d.Name.Text
	shown.Status = cognitoidp.DomainStatusTypeActive
	shown.CloudFrontDistribution = s.Sites.Names.PublicHost()
	return &shown
}

// target is where the DNS record of a custom domain is to point; a prefix needs none.
func (s *Service) target(name domain.Name) string {
	if name.Custom() {
		return s.Sites.Names.PublicHost()
	}
	return ""
}

// UpdateUserPoolDomain changes the members of a domain that the request gives, and leaves the others as they are.
func (s *Service) UpdateUserPoolDomain(ctx context.Context, in *cognitoidp.UpdateUserPoolDomainRequest) (*cognitoidp.UpdateUserPoolDomainResponse, error) {
	if _, err := loginVersion(in.ManagedLoginVersion, 1); err != nil {
		return nil, err
	}
	if in.CustomDomainConfig != nil {
		if err := s.checkCustom(in.Domain, in.CustomDomainConfig); err != nil {
			return nil, err
		}
	}

	out := &cognitoidp.UpdateUserPoolDomainResponse{}
	err := s.DB.Write(ctx, func(tx *db.Tx) error {
		d, _, err := s.own(tx, in.UserPoolId, in.Domain)
		if err != nil {
			return err
		}
		if in.ManagedLoginVersion != nil && *in.ManagedLoginVersion != *d.Doc.ManagedLoginVersion {
			if err := ssosession.DeleteDomain(tx, d.Pool, d.Name.Text); err != nil {
				return err
			}
		}
		if in.ManagedLoginVersion != nil {
			d.Doc.ManagedLoginVersion = in.ManagedLoginVersion
		}
		if in.CustomDomainConfig != nil {
			d.Doc.CustomDomainConfig = in.CustomDomainConfig
		}
		if in.Routing != nil {
			d.Doc.Routing = in.Routing
		}
		d.Doc.Version = tx.Now.Format(versionForm)
		out.ManagedLoginVersion, out.Routing, out.CloudFrontDomain = d.Doc.ManagedLoginVersion, d.Doc.Routing, s.target(d.Name)
		return domain.Update(tx, d)
	})
	if err != nil {
		return nil, err
	}
	return out, nil
}

// DeleteUserPoolDomain takes a domain from its pool. Its pages stop at once on this node, and on others within
// issuer.Remembered.
func (s *Service) DeleteUserPoolDomain(ctx context.Context, in *cognitoidp.DeleteUserPoolDomainRequest) (*cognitoidp.DeleteUserPoolDomainResponse, error) {
	err := s.DB.Write(ctx, func(tx *db.Tx) error {
		d, p, err := s.own(tx, in.UserPoolId, in.Domain)
		if err != nil {
			return err
		}
		if err := domain.Delete(tx, p.ID, d.Name); err != nil {
			return err
		}
		return s.show(tx, p, d.Name, "")
	})
	if err != nil {
		return nil, err
	}
	return &cognitoidp.DeleteUserPoolDomainResponse{}, nil
}

// own finds a domain of a pool.
func (s *Service) own(tx *db.Tx, poolID, text string) (*domain.Domain, *pool.Pool, error) {
	p, err := access.Pool(tx, poolID)
	if err != nil {
		return nil, nil, err
	}
	d, err := domain.Find(tx, nameOf(text, p.ID.Region()))
	if errors.Is(err, db.ErrNotFound) || err == nil && d.Pool != p.ID {
		return nil, nil, cognitoidp.InvalidParameter("No such domain or user pool exists.")
	}
	if err != nil {
		return nil, nil, fmt.Errorf("find domain: %w", err)
	}
	return d, p, nil
}

// show writes a domain's name into its pool's document, where DescribeUserPool shows it; an empty text takes it away.
func (s *Service) show(tx *db.Tx, p *pool.Pool, name domain.Name, text string) error {
	p = p.Clone()
	if name.Custom() {
		p.Doc.CustomDomain = text
	} else {
		p.Doc.Domain = text
	}
	p.Doc.LastModifiedDate = awsjson.At(tx.Now)
	return pool.Update(tx, p)
}

// present is the domain that a pool has of the name's kind.
func present(p *pool.Pool, name domain.Name) string {
	if name.Custom() {
		return p.Doc.CustomDomain
	}
	return p.Doc.Domain
}

// nameOf tells by its dots whether a text is a custom domain or a prefix of the Region.
func nameOf(text, region string) domain.Name {
	if strings.Contains(text, ".") {
		return domain.Name{Text: text}
	}
	return domain.Name{Region: region, Text: text}
}
