using System.Text;
using DirectorySync.Gateway.Rest;
using DirectorySync.Identity.V1;

namespace DirectorySync.Gateway.Tests.Rest;

public sealed class RestBodyTests
{
    [Fact]
    public void An_unknown_field_is_refused_by_name_wherever_it_stands()
    {
        var failure = Assert.Throws<RestFailure>(() => DirectoryEndpoints.ReadUpdate(
            Body("""{"name": "Okta", "colour": "red", "policies": {"rate_limit": 5, "speed": 1}}"""), "d"));

        Assert.Equal((422, "invalid_request_parameters"), (failure.Status, failure.Code));
        Assert.Equal(["colour", "policies.speed"], failure.Errors.Select(error => error.Field));
    }

    [Fact]
    public void All_faults_are_told_at_once()
    {
        var failure = Assert.Throws<RestFailure>(() => DirectoryEndpoints.ReadUpdate(
            Body("""{"name": 7, "delivery": "deleting", "policies": {"rate_limit": -1, "email_domains": "some"}}"""), "d"));

        Assert.Equal(["name", "name", "delivery", "delivery", "policies.rate_limit", "policies.email_domains"],
            failure.Errors.SelectMany(error => error.Field is "name" or "delivery" ? [error.Field] : new[] { error.Field }));
    }

    [Fact]
    public void Only_what_is_named_is_changed()
    {
        var request = DirectoryEndpoints.ReadUpdate(
            Body("""{"state": "paused", "endpoint_label": null, "policies": {"unique_group_names": null, "token_lifetime_days": 30}}"""), "d");

        Assert.Equal(["state", "endpoint_label", "policies.unique_group_names", "policies.token_lifetime_days"], request.UpdateMask);
        Assert.Equal(DirectoryState.Paused, request.Directory.State);
        Assert.False(request.Directory.Policies.HasUniqueGroupNames);
        Assert.Equal(30, request.Directory.Policies.TokenLifetimeDays);
    }

    [Fact]
    public void Fields_of_the_contract_that_cannot_be_kept_are_refused_and_harmless_values_are_not()
    {
        OrganizationJson.Read(Body("""{"name": "Acme", "allow_profiles_outside_organization": false, "stripe_customer_id": null}"""), new());

        Assert.Equal("stripe_customer_id", Assert.Throws<RestFailure>(
            () => OrganizationJson.Read(Body("""{"name": "Acme", "stripe_customer_id": "cus_1"}"""), new())).Errors.Single().Field);
    }

    [Fact]
    public void Domains_come_as_names_or_with_their_state()
    {
        var organization = new Organization();

        OrganizationJson.Read(Body("""{"domains": ["acme.com", "b.com"], "domain_data": [{"domain": "acme.com", "state": "verified"}]}"""),
            organization);

        Assert.Equal([("acme.com", true), ("b.com", false)], organization.Domains.Select(domain => (domain.Domain, domain.Verified)));
    }

    [Theory]
    [InlineData("[]")]
    [InlineData("{")]
    [InlineData("")]
    public void What_is_no_object_is_400(string body) => Assert.Equal(400, Assert.Throws<RestFailure>(() => Body(body)).Status);

    [Fact]
    public void An_api_key_needs_scopes_that_exist()
    {
        Assert.Equal("scopes", Assert.Throws<RestFailure>(() => KeyEndpoints.ReadCreate(Body("""{"name": "k"}"""))).Errors.Single().Field);
        Assert.Contains("'root'", Assert.Throws<RestFailure>(
            () => KeyEndpoints.ReadCreate(Body("""{"name": "k", "scopes": ["read", "root"]}"""))).Message, StringComparison.Ordinal);
        Assert.Equal([ApiKeyScope.Read], KeyEndpoints.ReadCreate(Body("""{"name": "k", "scopes": ["read"]}""")).Scopes);
    }

    private static RestBody Body(string json) => RestBody.Parse(Encoding.UTF8.GetBytes(json));
}
