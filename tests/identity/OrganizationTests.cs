using DirectorySync.Errors.V1;
using static DirectorySync.Identity.Tests.IdentityService;

namespace DirectorySync.Identity.Tests;

/// <summary>Organizations: the vendor's customers.</summary>
public sealed class OrganizationTests(IdentityService identity) : IClassFixture<IdentityService>
{
    [Fact]
    public async Task An_organization_is_found_by_its_id_and_by_the_vendors_own()
    {
        var created = await CreateAsync(new() { Name = " Acme ", ExternalId = "crm-1", Metadata = { ["tier"] = "gold" } });

        Assert.Equal("Acme", created.Name);
        Assert.Equal(created, (await identity.Organizations.GetOrganizationAsync(new() { Id = created.Id })).Organization);
        Assert.Equal(created, (await identity.Organizations.GetOrganizationAsync(new() { ExternalId = "crm-1" })).Organization);
        await FailsAsync(ErrorReason.ResourceNotFound, async () => await identity.Organizations.GetOrganizationAsync(new() { Id = "a\0b" }));
        await FailsAsync(ErrorReason.ResourceNotFound, async () => await identity.Organizations.GetOrganizationAsync(new()));
    }

    [Fact]
    public async Task An_external_id_belongs_to_one_organization()
    {
        await CreateAsync(new() { Name = "One", ExternalId = "crm-2" });
        var other = await CreateAsync(new() { Name = "Other" });
        await CreateAsync(new() { Name = "Third, also without" });

        await FailsAsync(ErrorReason.ExternalIdTaken, () => CreateAsync(new() { Name = "x", ExternalId = "crm-2" }));
        await FailsAsync(ErrorReason.ExternalIdTaken, () => UpdateAsync(new() { Id = other.Id, ExternalId = "crm-2" }, "external_id"));
    }

    [Fact]
    public async Task A_retry_with_the_same_request_id_answers_the_same_organization()
    {
        var request = new CreateOrganizationRequest { Organization = new() { Name = "x", ExternalId = "crm-3" }, RequestId = "organization-1" };

        var all = await Task.WhenAll(Enumerable.Range(0, 5).Select(async _ => await identity.Organizations.CreateOrganizationAsync(request)));

        Assert.Single(all.Distinct());
    }

    [Fact]
    public async Task Only_the_fields_of_the_mask_change_and_nothing_is_written_if_none_does()
    {
        var created = await CreateAsync(new() { Name = "Before", Domains = { new OrganizationDomain { Domain = "Stays.com" } } });

        var renamed = await UpdateAsync(new() { Id = created.Id, Name = "After" }, "name");
        var same = await UpdateAsync(new() { Id = created.Id, Name = "After", Domains = { new OrganizationDomain { Domain = "stays.COM" } } }, "*");
        var verified = await UpdateAsync(
            new() { Id = created.Id, Domains = { new OrganizationDomain { Domain = "stays.com", Verified = true } } }, "domains");

        Assert.Equal(("After", 2L), (renamed.Name, renamed.Version));
        Assert.Equal(created.Domains, renamed.Domains);
        Assert.Equal(renamed, same);
        Assert.Equal((created.Domains[0].Id, true), (verified.Domains[0].Id, verified.Domains[0].Verified));
        var changes = await identity.ChangesAsync(Organization.Descriptor.FullName, created.Id);
        Assert.Equal([1L, 2L, 3L], changes.Select(change => change.Version));
        Assert.Equal(verified, Organization.Parser.ParseFrom(changes[^1].Resource));
        await FailsAsync(ErrorReason.InvalidValue, () => UpdateAsync(new() { Id = created.Id }, "version"));
    }

    [Fact]
    public async Task What_an_organization_cannot_be_is_refused_by_name()
    {
        foreach (var organization in new Organization[]
        {
            new(),
            new() { Name = "a\0b" },
            new() { Name = new('x', 257) },
            new() { Name = "x", Domains = { new OrganizationDomain { Domain = "ada@acme.com" } } },
            new() { Name = "x", Domains = { new OrganizationDomain { Domain = "acme.com" }, new OrganizationDomain { Domain = "ACME.com" } } },
            new() { Name = "x", Metadata = { [new('k', 41)] = "" } },
            new() { Name = "x", Metadata = { ["k"] = new('v', 601) } },
        })
        {
            await FailsAsync(ErrorReason.InvalidValue, () => CreateAsync(organization));
        }

        var many = new Organization { Name = "x" };
        many.Metadata.Add(Enumerable.Range(0, 51).ToDictionary(i => $"{i}", _ => ""));
        await FailsAsync(ErrorReason.InvalidValue, () => CreateAsync(many));
    }

    [Fact]
    public async Task An_organization_with_directories_stays()
    {
        var directory = await identity.CreateDirectoryAsync();
        var empty = await CreateAsync(new() { Name = "Empty" });

        await FailsAsync(ErrorReason.OrganizationNotEmpty, async () => await identity.Organizations.DeleteOrganizationAsync(
            new() { Id = directory.OrganizationId }));
        await identity.Organizations.DeleteOrganizationAsync(new() { Id = empty.Id });

        await FailsAsync(ErrorReason.ResourceNotFound, async () => await identity.Organizations.GetOrganizationAsync(new() { Id = empty.Id }));
        var changes = await identity.ChangesAsync(Organization.Descriptor.FullName, empty.Id);
        Assert.Equal([(1, false), (2, true)], changes.Select(change => ((int)change.Version, change.Deleted)));
    }

    [Fact]
    public async Task Organizations_are_listed_by_domain_and_by_a_part_of_their_name()
    {
        var one = await CreateAsync(new() { Name = "Zürich 100%", Domains = { new OrganizationDomain { Domain = "zuerich.example" } } });
        await CreateAsync(new() { Name = "Zürich 100x" });

        var byDomain = await identity.Organizations.ListOrganizationsAsync(new() { Domains = { "nowhere.example", "Zuerich.example" } });
        var byName = await identity.Organizations.ListOrganizationsAsync(new() { Search = "ZÜRICH 100%" });

        Assert.Equal([one], byDomain.Organizations);
        Assert.Equal([one], byName.Organizations);
    }

    private async Task<Organization> CreateAsync(Organization organization) =>
        (await identity.Organizations.CreateOrganizationAsync(new() { Organization = organization })).Organization;

    private async Task<Organization> UpdateAsync(Organization organization, string field) =>
        (await identity.Organizations.UpdateOrganizationAsync(new() { Organization = organization, UpdateMask = { field } })).Organization;
}
