using DirectorySync.Identity.V1;

namespace DirectorySync.Gateway.Tests.Rest;

public sealed class RestScopeTests
{
    [Fact]
    public void Every_route_asks_for_what_the_readme_says()
    {
        string[] expected =
        [
            "DELETE /api_keys/{id} Admin", "DELETE /directories/{id} Admin", "DELETE /directories/{id}/tokens/{token_id} Admin",
            "DELETE /organizations/{id} Admin", "GET /api_keys Admin", "GET /directories Read", "GET /directories/{id} Read",
            "GET /directories/{id}/problems Read", "GET /directories/{id}/tokens Read", "GET /directories/{id}/unresolved_members Read",
            "DELETE /attribute_definitions/{name} Admin", "GET /attribute_definitions Read", "GET /attribute_definitions/{name} Read",
            "PATCH /attribute_definitions/{name} Write", "POST /attribute_definitions Write",
            "GET /directories/{id}/attribute_mapping Read", "GET /directories/{id}/attribute_mapping/diagnosis Read",
            "GET /directories/{id}/attribute_mapping/recomputation Read", "GET /directories/{id}/attribute_mapping/versions Read",
            "GET /directories/{id}/attribute_problems Read", "GET /directories/{id}/attributes Read",
            "GET /directories/{id}/profiles/{user_id} Read", "POST /directories/{id}/attribute_mapping/preview Write",
            "POST /directories/{id}/attribute_mapping/undo Write", "PUT /directories/{id}/attribute_mapping Write",
            "GET /organizations Read", "GET /organizations/external_id/{external_id} Read", "GET /organizations/{id} Read",
            "PATCH /directories/{id} Write", "POST /api_keys Admin", "POST /directories Write", "POST /directories/{id}/tokens Admin",
            "POST /directories/{id}/users/{user_id}/memberships/confirm Write",
            "POST /organizations Write", "PUT /organizations/{id} Write",
            "GET /roles Read", "POST /roles Write", "GET /roles/{slug} Read", "PATCH /roles/{slug} Write", "DELETE /roles/{slug} Admin",
            "GET /organizations/{id}/role_guard Read", "PUT /organizations/{id}/role_guard Admin",
            "GET /directories/{id}/role_rules Read", "PUT /directories/{id}/role_rules Write", "POST /directories/{id}/role_rules/preview Write",
            "GET /directory_users Read", "GET /directory_users/{id} Read", "GET /directory_groups Read", "GET /directory_groups/{id} Read",
            "GET /webhook_endpoints Write", "POST /webhook_endpoints Write", "GET /webhook_endpoints/{id} Write", "PATCH /webhook_endpoints/{id} Write",
            "DELETE /webhook_endpoints/{id} Write", "POST /webhook_endpoints/{id}/rotate_secret Write", "POST /webhook_endpoints/{id}/test Write",
            "GET /webhook_endpoints/{id}/lanes Write", "POST /webhook_endpoints/{id}/lanes/{directory_id}/resume Write",
            "POST /webhook_endpoints/{id}/lanes/{directory_id}/skip Write", "POST /webhook_endpoints/{id}/lanes/{directory_id}/replay Write",
            "GET /webhook_endpoints/{id}/dead_letters Write", "POST /webhook_endpoints/{id}/dead_letters/{event_id}/replay Write",
            "GET /webhook_endpoints/{id}/attempts Write",
            "GET /directories/{id}/difference Read", "POST /directories/{id}/policies/preview Write", "GET /events Read", "GET /directories/{id}/snapshot Read",
            "GET /directories/{id}/settings Read", "PUT /directories/{id}/settings Write",
            "GET /directories/{id}/adoption Read", "PUT /directories/{id}/adoption Write", "DELETE /directories/{id}/adoption Write",
            "GET /directories/{id}/adoption/users Read",
            "GET /directories/{id}/reconciliation Read", "POST /directories/{id}/reconciliation Write",
            "DELETE /directories/{id}/users/{user_id} Admin",
            "GET /audit_log Admin", "POST /portal/generate_link Admin",
            "GET /alerts Read", "GET /directories/{id}/alerts Read", "GET /directories/{id}/requests Read",
            "GET /directories/{id}/invitations Read", "POST /directories/{id}/invitations/{user_id}/resend Write",
            "GET /invitation_template Read", "PUT /invitation_template Write",
            "GET /directories/{id}/users/{user_id}/roles Read", "GET /directories/{id}/roles/{slug}/users Read",
        ];

        Assert.Equal(
            expected.Order(StringComparer.Ordinal),
            RestRoute.All.Select(route => $"{route.Method} {route.Pattern} {route.Required.Scope}").Order(StringComparer.Ordinal));
    }

    [Fact]
    public void What_belongs_to_the_deployment_is_closed_to_keys_of_one_organization() => Assert.Equal(
        [
            "DELETE /api_keys/{id}", "DELETE /attribute_definitions/{name}", "DELETE /roles/{slug}", "DELETE /webhook_endpoints/{id}", "GET /alerts", "GET /api_keys",
            "GET /webhook_endpoints", "GET /webhook_endpoints/{id}", "GET /webhook_endpoints/{id}/attempts",
            "GET /webhook_endpoints/{id}/dead_letters", "GET /webhook_endpoints/{id}/lanes",
            "PATCH /attribute_definitions/{name}", "PATCH /roles/{slug}", "PATCH /webhook_endpoints/{id}", "POST /api_keys",
            "POST /attribute_definitions", "POST /organizations", "POST /roles", "POST /webhook_endpoints",
            "POST /webhook_endpoints/{id}/dead_letters/{event_id}/replay", "POST /webhook_endpoints/{id}/lanes/{directory_id}/replay",
            "POST /webhook_endpoints/{id}/lanes/{directory_id}/resume", "POST /webhook_endpoints/{id}/lanes/{directory_id}/skip",
            "POST /webhook_endpoints/{id}/rotate_secret", "POST /webhook_endpoints/{id}/test", "PUT /invitation_template",
        ],
        RestRoute.All.Where(route => route.Required.WholeDeployment).Select(route => $"{route.Method} {route.Pattern}").Order(StringComparer.Ordinal));

    [Fact]
    public void Nothing_but_reading_is_done_with_the_scope_read() =>
        Assert.All(RestRoute.All.Where(route => route.Required.Scope == ApiKeyScope.Read), route => Assert.Equal("GET", route.Method));
}
