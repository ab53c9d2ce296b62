<?php

declare(strict_types=1);

namespace NameplatePlugin\Admin;

use NameplatePlugin\Capabilities;
use NameplatePlugin\Daemon;
use NameplatePlugin\Visitor;

if (!defined('ABSPATH')) {
    exit;
}

/** Access and erasure for a visitor who names the value of the cookie np_visitor. WordPress's own tools do so by e-mail: Privacy. */
final class VisitorsPage
{
    public static function show(): void
    {
        if (!current_user_can(Capabilities::PRIVACY)) {
            wp_die(esc_html__('Sorry, you are not allowed to do that.', 'nameplate'), '', ['response' => 403]);
        }
        echo '<div class="wrap nameplate">';
        printf('<h1>%s</h1>', esc_html__('Visitors\' data', 'nameplate'));
        Menu::say([
            'erased' => __('All that was kept of this visitor is gone.', 'nameplate'),
            'nothing' => __('Nothing is kept of this visitor.', 'nameplate'),
            'id-failed' => __('A visitor\'s id is 32 characters of 0 to 9 and a to f, as the cookie np_visitor has them.', 'nameplate'),
            'daemon-failed' => __('The daemon did not answer as it should: the settings say why.', 'nameplate'),
        ]);
        printf('<p>%s</p>', esc_html__('Visitors are known by the cookie np_visitor alone, and only those who agreed to it. Whoever wants to see or erase what is kept names its value; or asks by e-mail with WordPress\'s own tools, and confirms in the same browser.', 'nameplate'));
        foreach (['export' => __('Download', 'nameplate'), 'erase' => __('Erase', 'nameplate')] as $verb => $text) {
            printf('<form method="post" action="%s"><p>', esc_url(admin_url('admin-post.php')));
            printf('<input type="hidden" name="action" value="%s">', esc_attr("nameplate_{$verb}_visitor"));
            wp_nonce_field("nameplate_{$verb}_visitor");
            printf(
                '<label>np_visitor <input type="text" name="visitor" required pattern="[0-9a-f]{32}" class="regular-text code" autocomplete="off"></label> ',
            );
            submit_button($text, $verb === 'erase' ? 'delete' : 'secondary', 'submit', false);
            echo '</p></form>';
        }
        echo '</div>';
    }

    public static function export(): void
    {
        Menu::check(Capabilities::PRIVACY, 'nameplate_export_visitor');
        $id = self::id();
        try {
            $data = Daemon::leads(Daemon::ADMIN * 4)->exportVisitor($id);
        } catch (\Throwable) {
            Menu::back(Menu::VISITORS, 'daemon-failed');
        }
        nocache_headers();
        header('Content-Disposition: attachment; filename="nameplate-visitor.json"');
        wp_send_json($data);
    }

    public static function erase(): void
    {
        Menu::check(Capabilities::PRIVACY, 'nameplate_erase_visitor');
        $id = self::id();
        try {
            $rows = Daemon::leads(Daemon::ADMIN * 4)->eraseVisitor($id);
        } catch (\Throwable) {
            Menu::back(Menu::VISITORS, 'daemon-failed');
        }
        Menu::back(Menu::VISITORS, $rows > 0 ? 'erased' : 'nothing');
    }

    private static function id(): string
    {
        $id = Menu::given('visitor', true);
        return Visitor::isId($id) ? $id : Menu::back(Menu::VISITORS, 'id-failed');
    }
}
